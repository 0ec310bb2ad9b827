package telemetry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func unset(string) (string, bool) { return "", false }

func TestWithoutAnEndpointThereIsNoTracing(t *testing.T) {
	tracing, err := StartTracing(t.Context(), "test", "dev", unset, slog.New(slog.DiscardHandler))
	if tracing != nil || err != nil {
		t.Fatalf("got %v, %v", tracing, err)
	}
	rec := httptest.NewRecorder()
	tracing.Wrap(http.NotFoundHandler()).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("the handler below was not reached: %d", rec.Code)
	}
	if err := tracing.Flush(t.Context()); err != nil {
		t.Errorf("flush: %v", err)
	}
}

func TestSpansReachTheCollectorAndLogsCarryTheirIDs(t *testing.T) {
	exported := make(chan []byte, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		exported <- body
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	var out bytes.Buffer
	log := WithTraceIDs(NewLogger(&out, slog.LevelInfo))
	tracing, err := StartTracing(t.Context(), "test", "dev", os.LookupEnv, log)
	if err != nil {
		t.Fatal(err)
	}
	handler := tracing.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "inside")
	}))
	const caller = "0af7651916cd43dd8448eb211c80319c"
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Traceparent", "00-"+caller+"-b7ad6b7169203331-01")
	handler.ServeHTTP(httptest.NewRecorder(), req)
	if err := tracing.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body := <-exported; !bytes.Contains(body, []byte("service.name")) {
		t.Errorf("the export names no service: %q", body)
	}
	if !strings.Contains(out.String(), `"trace_id":"`+caller+`"`) {
		t.Errorf("the log line does not continue the caller's trace: %s", &out)
	}
}

func TestFlushEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer collector.Close()
	defer close(release)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracing, err := StartTracing(t.Context(), "test", "dev", os.LookupEnv, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	tracing.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tracing.Flush(ctx); err == nil {
		t.Error("spans that a silent collector never took were reported as sent")
	}
}
