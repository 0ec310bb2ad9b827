package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"example.com/orders/internal/telemetry"
)

// deadline ends the request's context after timeout; what a handler calls must honour it.
func deadline(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		inner := r.WithContext(ctx)
		next.ServeHTTP(w, inner)
		r.Pattern = inner.Pattern // the mux sets it on the copy; the tracing around us reads it
	})
}

// observe measures and logs each request, refused and failed ones included.
func observe(next http.Handler, log *slog.Logger, metrics *telemetry.Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		metrics.InFlight.Inc()
		defer metrics.InFlight.Dec()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		elapsed := time.Since(start)
		metrics.Requests.
			WithLabelValues(knownMethod(r.Method), r.Pattern, strconv.Itoa(recorder.status)).
			Observe(elapsed.Seconds())
		level := slog.LevelDebug
		if recorder.status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		log.Log(r.Context(), level, "request",
			"method", r.Method, "path", r.URL.Path, "status", recorder.status, "seconds", elapsed.Seconds())
	})
}

// knownMethod keeps callers from growing the metrics without bound.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// recoverPanics turns a panic into a 500: one bad request must not take the others along.
func recoverPanics(next http.Handler, log *slog.Logger, metrics *telemetry.Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
			writeProblem(w, http.StatusInternalServerError, "")
		}()
		next.ServeHTTP(w, r)
	})
}

// shed refuses what comes on top of limit: a quick 503 is better than a slow time-out for all.
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

func limitBody(next http.Handler, limit int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
