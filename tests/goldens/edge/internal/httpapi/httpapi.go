// Package httpapi is the service's API over HTTP: routes and middleware here, the example in quotes.go.
package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

// New returns the API inside its middleware, the innermost first.
func New(cfg config.Config, log *slog.Logger, metrics *telemetry.Metrics, progress *health.Progress, hooks ...Hook) http.Handler {
	handler := routes(cfg, hooks...)
	handler = deadline(handler, cfg.RequestTimeout)
	handler = watch(handler, progress)
	handler = shed(handler, cfg.MaxInFlight, metrics)
	handler = recoverPanics(handler, log, metrics)
	handler = observe(handler, log, metrics)
	handler = limitBody(handler, cfg.MaxBodyBytes)
	return handler
}

// routes is the whole API at a glance.
func routes(cfg config.Config, hooks ...Hook) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	mux.Handle("POST /v1/quotes", createQuote(cfg.QuoteMaxLines, hooks...))
	return mux
}

// decode reads exactly one JSON value with known fields.
func decode(body io.Reader, into any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	_, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("more than one JSON value")
	}
	return err
}

// refusal says with which status and words a body is refused.
func refusal(err error) (status int, detail string) {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over %d bytes", large.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return http.StatusRequestTimeout, "the body took too long"
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return http.StatusBadRequest, fmt.Sprintf("%s: want %s, got %s", wrong.Field, wrong.Type.Kind(), wrong.Value)
	}
	if errors.Is(err, io.EOF) {
		return http.StatusBadRequest, "the body is empty"
	}
	return http.StatusBadRequest, err.Error()
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the caller has gone
}

// problem is an error for the caller, as RFC 9457 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{http.StatusText(status), status, detail})
}

// deadline ends the request's context after timeout; what a handler calls must honour it.
func deadline(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		inner := r.WithContext(ctx)
		defer func() { r.Pattern = inner.Pattern }() // the mux sets it on the copy; metrics and traces read it
		next.ServeHTTP(w, inner)
	})
}

// watch lets the probes see whether requests still end. Those that are shed say nothing about it.
func watch(next http.Handler, progress *health.Progress) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		progress.Begin()
		defer progress.End()
		next.ServeHTTP(w, r)
	})
}

// shed refuses requests beyond limit at once, while the others are still answered in time.
func shed(next http.Handler, limit int, metrics *telemetry.Metrics) http.Handler {
	slots := make(chan struct{}, limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			metrics.Shed.Inc()
			w.Header().Set("Retry-After", "1")
			writeProblem(w, http.StatusServiceUnavailable, "too many requests in flight")
		}
	})
}

// recoverPanics turns a panic into a 500, or breaks the connection where an answer has begun.
func recoverPanics(next http.Handler, log *slog.Logger, metrics *telemetry.Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := record(w)
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(value)
			}
			metrics.Panics.Inc()
			log.ErrorContext(r.Context(), "panic", "value", value, "stack", string(debug.Stack()))
			if recorder.status != 0 {
				panic(http.ErrAbortHandler)
			}
			writeProblem(w, http.StatusInternalServerError, "")
		}()
		next.ServeHTTP(recorder, r)
	})
}

// observe measures each request, refused and aborted ones included, and logs it at debug level.
func observe(next http.Handler, log *slog.Logger, metrics *telemetry.Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		metrics.InFlight.Inc()
		recorder := record(w)
		defer func() {
			metrics.InFlight.Dec()
			elapsed := time.Since(start).Seconds()
			_, route, _ := strings.Cut(r.Pattern, " ")
			code := strconv.Itoa(recorder.code())
			metrics.Requests.WithLabelValues(knownMethod(r.Method), route, code).Observe(elapsed)
			if log.Enabled(r.Context(), slog.LevelDebug) { // else the arguments would be allocated for nothing
				log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "code", code, "seconds", elapsed)
			}
		}()
		next.ServeHTTP(recorder, r)
	})
}

// knownMethod bounds the values of a label that callers choose.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// limitBody cuts off bodies that are longer than limit. One that says that it is not needs no watching:
// net/http ends it where it said.
func limitBody(next http.Handler, limit int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 || r.ContentLength > limit {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		next.ServeHTTP(w, r)
	})
}

// statusRecorder remembers the status of an answer; 0 means that none has begun.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// record returns w as a statusRecorder, so that one serves all of the middleware.
func record(w http.ResponseWriter) *statusRecorder {
	if recorder, ok := w.(*statusRecorder); ok {
		return recorder
	}
	return &statusRecorder{ResponseWriter: w}
}

func (s *statusRecorder) code() int {
	return cmp.Or(s.status, http.StatusOK)
}

func (s *statusRecorder) WriteHeader(status int) {
	s.status = cmp.Or(s.status, status)
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(data []byte) (int, error) {
	s.status = s.code()
	return s.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the writer below.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
