package httpapi

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/orders/internal/health"
	"example.com/orders/internal/memory"
	"example.com/orders/internal/telemetry"
)

// ask sends a GET to a handler inside all of the middleware, and returns the answer and what is logged.
func ask(t *testing.T, handler http.HandlerFunc, args ...string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var out bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", handler)
	rec := httptest.NewRecorder()
	protect(mux, load(t, args...), telemetry.NewLogger(&out, slog.LevelInfo), telemetry.NewMetrics(), new(health.Progress)).
		ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/orders/7", nil))
	return rec, out.String()
}

func TestWhatFailedIsLoggedAndNotTold(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) { fail(w, errors.New("no database")) },
		"a panic":  func(http.ResponseWriter, *http.Request) { panic("no database") },
	} {
		rec, log := ask(t, handler)
		if rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "database") {
			t.Errorf("%s: got %d %s", name, rec.Code, rec.Body)
		}
		for _, want := range []string{`"level":"ERROR"`, "no database", `"route":"GET /orders/{id}"`, `"code":500`} {
			if !strings.Contains(log, want) {
				t.Errorf("%s: no %s in the log: %s", name, want, log)
			}
		}
	}
}

func TestAnAnswerThatIsNoJSONIsA500(t *testing.T) {
	rec, log := ask(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, math.NaN()) })
	if rec.Code != http.StatusInternalServerError || !strings.Contains(log, "encode the answer") {
		t.Errorf("got %d, logged %s", rec.Code, log)
	}
}

func TestWhatTheCallerDidWrongIsNotLogged(t *testing.T) {
	if _, log := ask(t, func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, http.StatusConflict, "") }); log != "" {
		t.Errorf("logged %s", log)
	}
}

func TestAFloodOfFailuresIsNoFloodOfLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		handler := observe(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fail(w, errors.New("down")) }),
			telemetry.NewLogger(&out, slog.LevelInfo), telemetry.NewMetrics())
		for second := range 2 {
			for range 1000 {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}
			if n := strings.Count(out.String(), "\n"); n != 10*(second+1) {
				t.Errorf("%d lines", n)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestWhatTheMiddlewareSaysAndCounts(t *testing.T) {
	memory.SetLimit(1)
	defer memory.SetLimit(0)
	refused := func(status int) func(http.ResponseWriter, *http.Request, func() int) {
		return func(w http.ResponseWriter, _ *http.Request, _ func() int) { refuse(w, status, "", errors.New("why")) }
	}
	for name, test := range map[string]struct {
		handler       func(w http.ResponseWriter, r *http.Request, again func() int)
		logs, measure string
	}{
		"the caller's fault": {refused(400), `"level":"WARN"`, "go_goroutines "},
		"what will pass":     {refused(503), `"level":"WARN"`, "process_start_time_seconds "},
		"a failure":          {refused(500), `"level":"ERROR"`, "go_build_info{"},
		"no room":            {func(_ http.ResponseWriter, r *http.Request, _ func() int) { _, _ = io.Copy(io.Discard, r.Body) }, "", "http_server_shed_requests_total 1\n"},
		"broken off":         {func(http.ResponseWriter, *http.Request, func() int) { panic(http.ErrAbortHandler) }, "", "http_server_panics_total 0\n"},
		"one too many": {func(_ http.ResponseWriter, _ *http.Request, again func() int) {
			if again() != http.StatusServiceUnavailable {
				t.Error("a second one is served")
			}
		}, `"level":"WARN"`, "http_server_shed_requests_total 1\n"},
	} {
		mux, log, metrics := http.NewServeMux(), new(bytes.Buffer), telemetry.NewMetrics()
		api := protect(mux, load(t, "-max-in-flight", "1", "-max-body-bytes", "10000000"), telemetry.NewLogger(log, slog.LevelInfo), metrics, new(health.Progress))
		ask := func(handler http.Handler) *httptest.ResponseRecorder {
			rec := httptest.NewRecorder()
			defer func() { _ = recover() }()
			handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", bytes.NewReader(make([]byte, memory.Bodies()+1))))
			return rec
		}
		mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { test.handler(w, r, func() int { return ask(api).Code }) })
		if ask(api); !strings.Contains(log.String(), test.logs) {
			t.Errorf("%s: logged %s", name, log)
		}
		if measured := ask(metrics.Handler()).Body.String(); !strings.Contains(measured, "\n"+test.measure) {
			t.Errorf("%s: no %s in %s", name, test.measure, measured)
		}
	}
}

func TestAnAnswerIsJSONWithItsStatusAndOne(t *testing.T) {
	rec, wrong := httptest.NewRecorder(), httptest.NewRecorder()
	if writeJSON(rec, http.StatusCreated, 1); rec.Code != http.StatusCreated || rec.Header().Get("Content-Type") != "application/json" || rec.Body.String() != "1\n" {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if writeJSON(wrong, http.StatusOK, math.NaN()); strings.Count(wrong.Body.String(), "\n") != 1 {
		t.Errorf("got two answers: %s", wrong.Body)
	}
}
