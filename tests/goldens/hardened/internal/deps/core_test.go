package deps

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.com/orders/internal/memory"
)

// call asks a handler as a service asks another.
func call(t *testing.T, handler http.HandlerFunc) (string, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{7}, SpanID: trace.SpanID{7}})
	ctx := trace.ContextWithSpanContext(context.Background(), span)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := NewCore(slog.New(slog.DiscardHandler), nil).HTTP.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

func TestACallIsBounded(t *testing.T) {
	client := NewCore(slog.New(slog.DiscardHandler), nil).HTTP
	if client.Timeout != callTimeout {
		t.Errorf("it may take %s", client.Timeout)
	}
	for size, fits := range map[int]bool{answerBytes: true, answerBytes + 1: false} {
		body, err := call(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("a", size)) })
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong == fits || len(body) != answerBytes {
			t.Errorf("of %d bytes %d came, %v", size, len(body), err)
		}
	}
	if _, err := call(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("a", 32*1024)) }); err == nil {
		t.Error("a header of any length is read")
	}
}

func TestMoreCallsOfAHostThanItMayHaveWait(t *testing.T) {
	entered, leave := make(chan struct{}, memory.Calls()+1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-leave }))
	defer server.Close()
	client, done := NewCore(slog.New(slog.DiscardHandler), nil).HTTP, make(chan error, memory.Calls()+1)
	for range cap(done) {
		go func() {
			res, err := client.Get(server.URL)
			if err == nil {
				err = res.Body.Close()
			}
			done <- err
		}()
	}
	for range memory.Calls() {
		<-entered
	}
	select {
	case <-entered:
		t.Error("one more is made at once")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestACallIsAPartOfTheTrace(t *testing.T) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	defer otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
	parent, err := call(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Header.Get("Traceparent")) })
	if err != nil || !strings.HasPrefix(parent, "00-07000000000000000000000000000000-") {
		t.Errorf("its parent is %q, %v", parent, err)
	}
}
