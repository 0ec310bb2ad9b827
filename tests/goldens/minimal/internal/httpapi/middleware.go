package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"example.com/orders/internal/telemetry"
)

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
		recorder := &statusRecorder{ResponseWriter: w}
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
		recorder := &statusRecorder{ResponseWriter: w}
		defer func() {
			metrics.InFlight.Dec()
			elapsed := time.Since(start).Seconds()
			_, route, _ := strings.Cut(r.Pattern, " ")
			code := strconv.Itoa(recorder.code())
			metrics.Requests.WithLabelValues(knownMethod(r.Method), route, code).Observe(elapsed)
			log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "code", code, "seconds", elapsed)
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

func limitBody(next http.Handler, limit int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// statusRecorder remembers the status of an answer; 0 means that none has begun.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (s *statusRecorder) code() int {
	if s.status == 0 {
		return http.StatusOK
	}
	return s.status
}

func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(data []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the writer below.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
