package httpapi

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

// ask sends a GET to a handler inside all of the middleware, and returns the answer and what is logged.
func ask(t *testing.T, handler http.HandlerFunc, args ...string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var out bytes.Buffer
	mux := http.NewServeMux()
	mux.Handle("GET /orders/{id}", handler)
	rec := httptest.NewRecorder()
	New(mux, load(t, args...), telemetry.NewLogger(&out, slog.LevelInfo), telemetry.NewMetrics(), new(health.Progress)).
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
