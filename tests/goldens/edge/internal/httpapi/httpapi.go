// Package httpapi is the service's API over HTTP: routes.go is the API, quotes.go the example, the rest what they need.
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
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

// New puts the middleware around the routes, the innermost first.
func New(mux *http.ServeMux, cfg config.Config, log *slog.Logger, metrics *telemetry.Metrics, progress *health.Progress, keep ...Keep) http.Handler {
	most := func() int { return cfg.Now().InFlight() }
	requests := keepAnswers(mux, keep...)
	requests = deadline(requests, cfg.RequestTimeout, progress)
	requests = shed(admit(requests, metrics), most, metrics)
	handler := dispatch(mux, requests)
	return limitBody(observe(handler, log, metrics), cfg.MaxBodyBytes)
}

// decode reads exactly one JSON value with known fields.
func decode(r *http.Request, into any) error {
	if _, err := media(r); err != nil {
		return err
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return cmp.Or(err, errors.New("more than one JSON value"))
	}
	return nil
}

// refusal says with which status and words a body is refused.
func refusal(err error) (status int, detail string) {
	large, isLarge := errors.AsType[*http.MaxBytesError](err)
	wrong, isWrong := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isLarge:
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over %d bytes", large.Limit)
	case errors.Is(err, errLarge):
		return http.StatusRequestEntityTooLarge, err.Error()
	case errors.Is(err, errBusy):
		return http.StatusServiceUnavailable, err.Error()
	case errors.Is(err, errMedia):
		return http.StatusUnsupportedMediaType, err.Error()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, "the body took too long"
	case isWrong:
		return http.StatusBadRequest, fmt.Sprintf("%s: want %s, got %s", cmp.Or(wrong.Field, "the body"),
			cmp.Or(inJSON[wrong.Type.Kind()], "whole number"), strings.Replace(wrong.Value, "bool", "boolean", 1))
	case errors.Is(err, io.EOF):
		return http.StatusBadRequest, "the body is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest, "the body ends too early"
	}
	return http.StatusBadRequest, strings.TrimPrefix(err.Error(), "json: ")
}

// inJSON is what JSON calls kinds of Go's; those that are not here are whole numbers.
var inJSON = map[reflect.Kind]string{
	reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array", reflect.Array: "array", reflect.Bool: "boolean",
	reflect.Float32: "number", reflect.Float64: "number", reflect.String: "string",
}

// writeJSON encodes the answer before its status is sent: one that cannot be encoded is a bug, and a 500.
func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Errorf("encode the answer: %w", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // fails only when the caller has gone
}

// problem is an error for the caller, as RFC 9457 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	switch status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case http.StatusUnsupportedMediaType:
		w.Header().Set("Accept", "application/json")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{http.StatusText(status), status, detail})
}

// fail answers 500. The reason is for the log, where it stands with the trace.
func fail(w http.ResponseWriter, r *http.Request, reason error) {
	refuse(w, r, http.StatusInternalServerError, "", reason)
}

// refuse answers with a problem: the detail is for the caller. The reason goes by the context, past any writer of yours.
func refuse(w http.ResponseWriter, r *http.Request, status int, detail string, reason error) {
	if recorder, ok := r.Context().Value(recorderKey{}).(*statusRecorder); ok {
		recorder.reason = reason
	}
	writeProblem(w, status, detail)
}

type recorderKey struct{}

// scarce lets ten lines of a second through: a flood of failures is none of lines, and the metrics count all.
type scarce struct{ second, lines atomic.Int64 }

func (s *scarce) next() bool {
	if now := time.Now().Unix(); s.second.Swap(now) != now {
		s.lines.Store(0)
	}
	return s.lines.Add(1) <= 10
}

// logFailure says that a request failed. What passes, or is the caller's to mend, is no error.
func logFailure(log *slog.Logger, r *http.Request, answer *statusRecorder) {
	level := slog.LevelError
	if code := answer.code(); code == http.StatusServiceUnavailable || code/100 == 4 {
		level = slog.LevelWarn
	}
	log.Log(r.Context(), level, "request failed", "method", r.Method, "route", r.Pattern, "code", answer.code(), "error", answer.reason)
}

// dispatch answers what has no handler as everything else is answered.
func dispatch(mux *http.ServeMux, requests http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			requests.ServeHTTP(w, r)
			return
		}
		answer := &bare{ResponseWriter: w}
		handler.ServeHTTP(answer, r)
		if answer.status < http.StatusBadRequest { // to the same path in its clean form
			w.WriteHeader(answer.status)
			return
		}
		writeProblem(w, answer.status, "")
	})
}

// bare keeps the status and the header of an answer, and drops its text.
type bare struct {
	http.ResponseWriter
	status int
}

func (b *bare) WriteHeader(status int)         { b.status = status }
func (b *bare) Write(data []byte) (int, error) { return len(data), nil }

// deadline ends the request's context after timeout; what a handler calls must honour it, and the probes see whether
// requests still end. Those that are shed say nothing about it.
func deadline(next http.Handler, timeout time.Duration, progress *health.Progress) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		progress.Begin()
		defer progress.End()
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		inner := r.WithContext(ctx)
		defer func() { r.Pattern = inner.Pattern }() // the mux sets it on the copy; metrics and traces read it
		next.ServeHTTP(w, inner)
	})
}

// shed refuses requests beyond limit at once, while the others are still answered in time.
func shed(next http.Handler, most func() int, metrics *telemetry.Metrics) http.Handler {
	var inFlight atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer inFlight.Add(-1)
		if inFlight.Add(1) > int64(most()) {
			metrics.Shed.Inc()
			refuse(w, r, http.StatusServiceUnavailable, errBusy.Error(), errBusy)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// observe measures each request, refused and aborted ones included. It logs those that failed, and all at debug level.
func observe(next http.Handler, log *slog.Logger, metrics *telemetry.Metrics) http.Handler {
	failures := new(scarce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		metrics.InFlight.Inc()
		recorder := &statusRecorder{ResponseWriter: w}
		inner := r.WithContext(context.WithValue(r.Context(), recorderKey{}, recorder))
		defer func() {
			r.Pattern = inner.Pattern
			metrics.InFlight.Dec()
			elapsed, code := time.Since(start).Seconds(), strconv.Itoa(recorder.code())
			_, route, _ := strings.Cut(r.Pattern, " ")
			telemetry.Observe(r.Context(), metrics.Requests.WithLabelValues(knownMethod(r.Method), route, code), elapsed)
			if (recorder.status >= http.StatusInternalServerError || recorder.reason != nil) && failures.next() {
				logFailure(log, r, recorder)
			}
			if log.Enabled(r.Context(), slog.LevelDebug) { // else the arguments would be allocated for nothing
				log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "code", code, "seconds", elapsed)
			}
		}()
		defer recorder.recoverPanic(metrics)
		next.ServeHTTP(recorder, inner)
	})
}

// recoverPanic turns a panic into a 500, or breaks the connection where an answer has begun.
func (s *statusRecorder) recoverPanic(metrics *telemetry.Metrics) {
	value := recover()
	if value == nil {
		return
	}
	if err, _ := value.(error); errors.Is(err, http.ErrAbortHandler) {
		panic(value)
	}
	metrics.Panics.Inc()
	s.reason = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
	if s.status != 0 {
		panic(http.ErrAbortHandler)
	}
	writeProblem(s, http.StatusInternalServerError, "")
}

// knownMethod bounds the values of a label that callers choose.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	}
	return "OTHER"
}

// limitBody cuts off bodies that are longer than limit. One that says that it is not ends where it said.
func limitBody(next http.Handler, limit int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 || r.ContentLength > limit {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		next.ServeHTTP(w, r)
	})
}

// statusRecorder remembers the status of an answer; 0 means that none has begun. The reason is for the log.
type statusRecorder struct {
	http.ResponseWriter
	status int
	reason error
}

func (s *statusRecorder) code() int { return cmp.Or(s.status, http.StatusOK) }

func (s *statusRecorder) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols { // else an answer is yet to come
		s.status = cmp.Or(s.status, status)
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(data []byte) (int, error) {
	s.status = s.code()
	return s.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the writer below.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
