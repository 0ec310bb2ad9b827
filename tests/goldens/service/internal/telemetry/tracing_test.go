package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
)

var said bytes.Buffer // by what start begins

// start begins tracing to endpoint, whatever the developer's own environment says.
func start(t *testing.T, endpoint string) *Tracing {
	t.Helper()
	for _, key := range []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_SERVICE_NAME",
		"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"} {
		t.Setenv(key, "")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "no pair")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "soon")
	said.Reset()
	tracing, err := StartTracing(t.Context(), "test", "dev", NewLogger(&said, slog.LevelDebug))
	if err != nil {
		t.Fatal(err)
	}
	return tracing
}

func TestTracingIsOffWithoutAnEndpoint(t *testing.T) {
	tracing, inner := start(t, ""), new(http.ServeMux)
	if tracing != nil || tracing.Wrap(inner) != http.Handler(inner) || tracing.Flush(t.Context()) != nil {
		t.Error("an empty endpoint starts tracing, or requests pass through more than their handler")
	}
}

func TestWhatWouldLoseTracesInSilenceIsRefused(t *testing.T) {
	const endpoint, protocol, good = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "http://localhost:4318"
	for _, test := range []struct {
		env    map[string]string
		wanted bool
		err    string
	}{
		{map[string]string{protocol: "grpc"}, false, ""},
		{map[string]string{endpoint: good}, true, ""},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://c/spans"}, true, ""},
		{map[string]string{endpoint: good, "OTEL_SDK_DISABLED": "True"}, false, ""},
		{map[string]string{endpoint: good, "OTEL_TRACES_EXPORTER": "none"}, false, ""},
		{map[string]string{endpoint: good, protocol: "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, true, ""},
		{map[string]string{endpoint: "localhost:4318"}, false, `"localhost:4318" is not a URL such as http://localhost:4318`},
		{map[string]string{endpoint: "127.0.0.1:4318"}, false, "is not a URL"},
		{map[string]string{endpoint: "grpc://c:4317"}, false, "is not a URL"},
		{map[string]string{endpoint: good, protocol: "grpc"}, false, `"grpc" is not spoken here: want http/protobuf`},
	} {
		wanted, err := traced(func(name string) string { return test.env[name] })
		if wanted != test.wanted || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%v: got %v, %v", test.env, wanted, err)
		}
	}
}

func TestTraceContinuesFromCallerToCollector(t *testing.T) {
	exported := make(chan []byte, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		exported <- body
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	tracing := start(t, collector.URL)
	var out bytes.Buffer
	log := WithTraceIDs(NewLogger(&out, slog.LevelInfo)).With("component", "test")
	metrics, answer, scraped := NewMetrics(), httptest.NewRecorder(), httptest.NewRecorder()
	handler := tracing.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "inside")
		Observe(r.Context(), metrics.Requests.WithLabelValues("GET", "/", "200"), .02)
	}))
	const caller = "0af7651916cd43dd8448eb211c80319c"
	path := "/" + strings.Repeat("a", 300)
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Header.Set("Traceparent", "00-"+caller+"-b7ad6b7169203331-01")
	handler.ServeHTTP(answer, req)
	scrape := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	scrape.Header.Set("Accept", "application/openmetrics-text")
	metrics.Handler().ServeHTTP(scraped, scrape)
	if err := tracing.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case exported <- nil: // nothing has come
	default:
	}
	if body := <-exported; !bytes.Contains(body, []byte("service.name")) || !bytes.Contains(body, []byte(path[:256])) || bytes.Contains(body, []byte(path[:257])) {
		t.Errorf("the export names no service, or all of a long path: %q", body)
	}
	otel.Handle(errors.New("no collector"))
	got := fmt.Sprint(&said, &out, scraped.Body, answer.Header())
	for _, want := range []string{"no pair", "OTEL_BSP_SCHEDULE_DELAY", `"level":"WARN","msg":"tracing","error":"no collector"`,
		`"trace_id":"` + caller + `"`, `le="0.025"} 1 # {trace_id="` + caller + `"} 0.02 `, "Traceresponse:[00-" + caller + "-"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func TestFlushEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer collector.Close()
	defer close(release)
	tracing := start(t, collector.URL)
	tracing.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tracing.Flush(ctx); err == nil {
		t.Error("spans that a silent collector never took were reported as sent")
	}
}
