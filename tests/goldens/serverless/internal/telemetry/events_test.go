package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestTheSpanOfAnEvent(t *testing.T) {
	ended := tracetest.NewSpanRecorder()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(ended)))
	defer otel.SetTracerProvider(before)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	delivery, end := StartEvent(t.Context(), "delivery", map[string]string{})
	extensions := map[string]string{"traceparent": "00-" + trace + "-b7ad6b7169203331-01"}
	_, fail := StartEvent(delivery, "upload", extensions)
	fail(errors.New("why"))
	end(nil)
	spans := ended.Ended()
	if len(spans) != 2 || spans[1].Status().Code != codes.Unset || len(spans[1].Links()) != 0 {
		t.Fatalf("got %v", spans)
	}
	span := spans[0]
	if status := span.Status(); status.Code != codes.Error || status.Description != "why" || span.Name() != "process upload" {
		t.Errorf("got %v of %s", status, span.Name())
	}
	if links := span.Links(); len(links) != 1 || links[0].SpanContext.SpanID() != spans[1].SpanContext().SpanID() || span.SpanContext().TraceID().String() != trace {
		t.Errorf("got %v, in the trace %s", links, span.SpanContext().TraceID())
	}
	if parent := extensions["traceparent"]; !strings.Contains(parent, span.SpanContext().SpanID().String()) {
		t.Errorf("the reply is told of %s", parent)
	}
}

func TestWhatIsSentToTheCollectorAndWhatComesBack(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("Api-Key") != "a" {
			t.Errorf("got %v", r.Header)
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	c, err := newCollector(environment("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL, "OTEL_EXPORTER_OTLP_HEADERS", "api-key=a"))
	if err != nil || c.client.Timeout != 10*time.Second {
		t.Fatalf("got %+v, %v", c, err)
	}
	_, err = c.post(t.Context(), nil)
	if later, ok := errors.AsType[*backoff.RetryAfterError](err); !ok || later.Duration != 7*time.Second {
		t.Errorf("got %v", err)
	}
	server.Close()
	if _, err := c.post(t.Context(), nil); err == nil {
		t.Error("a collector that is gone takes them")
	}
	c.url = "http://a b"
	_, err = c.post(context.Background(), nil)
	if _, ok := errors.AsType[*backoff.PermanentError](err); !ok {
		t.Errorf("got %v", err)
	}
}
