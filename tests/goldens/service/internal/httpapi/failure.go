package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// errBusy is why a request is sent away that there is no room for.
var errBusy = errors.New("too many requests in flight")

// fail answers 500. The reason is for the log, where it stands with the trace.
func fail(w http.ResponseWriter, reason error) { refuse(w, http.StatusInternalServerError, "", reason) }

// refuse answers with a problem: the detail is for the caller.
func refuse(w http.ResponseWriter, status int, detail string, reason error) {
	if recorder, ok := w.(interface{ note(reason error) }); ok {
		recorder.note(reason)
	}
	writeProblem(w, status, detail)
}

func (s *statusRecorder) note(reason error) { s.reason = reason }

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
