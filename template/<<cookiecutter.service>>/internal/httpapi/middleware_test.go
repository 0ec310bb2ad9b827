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

	"<< cookiecutter.module >>/internal/health"
	"<< cookiecutter.module >>/internal/memory"
	"<< cookiecutter.module >>/internal/telemetry"
)

// behind puts a handler of GET and POST /orders/ behind all of the middleware; what that logs and measures is there too.
func behind(t *testing.T, handler http.HandlerFunc, args ...string) (api http.Handler, log *bytes.Buffer, metrics *telemetry.Metrics) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/", handler)
	mux.HandleFunc("POST /orders/", handler)
	log, metrics = new(bytes.Buffer), telemetry.NewMetrics()
	return protect(mux, load(t, args...), telemetry.NewLogger(log, slog.LevelInfo), metrics, new(health.Progress)), log, metrics
}

func asked(api http.Handler, method, path string, body io.Reader) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest(method, "http://test"+path, body))
	return rec
}

// measured says whether a metric has a value.
func measured(metrics *telemetry.Metrics, line string) bool {
	return strings.Contains(asked(metrics.Handler(), http.MethodGet, "/metrics", http.NoBody).Body.String(), "\n"+line+"\n")
}

func TestOneThatIsShedDoesNotReachTheHandlerAndTakesNoPlace(t *testing.T) {
	calls := 0
	var api http.Handler
	api, log, metrics := behind(t, func(http.ResponseWriter, *http.Request) {
		if calls++; calls%2 == 1 {
			if rec := asked(api, http.MethodGet, "/orders/", http.NoBody); rec.Code != http.StatusServiceUnavailable {
				t.Errorf("beside another one: %d", rec.Code)
			}
		}
	}, "-max-in-flight", "1")
	for n := range 3 {
		if calls = 0; asked(api, http.MethodGet, "/orders/", http.NoBody).Code != http.StatusOK || calls != 1 {
			t.Errorf("after %d: %d calls", n, calls)
		}
	}
	if !measured(metrics, "http_server_shed_requests_total 3") || !strings.Contains(log.String(), `"level":"WARN","msg":"request failed"`) {
		t.Errorf("it is not counted, or logged as %s", log)
	}
}

func TestABodyThereIsNoRoomForCountsAsShed(t *testing.T) {
	memory.SetLimit(1)
	defer memory.SetLimit(0)
	api, _, metrics := behind(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, "-max-body-bytes", "10000000")
	asked(api, http.MethodPost, "/orders/", bytes.NewReader(make([]byte, memory.Bodies()+1)))
	if !measured(metrics, "http_server_shed_requests_total 1") {
		t.Error("it does not")
	}
}

func TestAHandlerThatBreaksOffIsNoPanic(t *testing.T) {
	api, _, metrics := behind(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	defer func() {
		if value := recover(); value != any(http.ErrAbortHandler) || !measured(metrics, "http_server_panics_total 0") {
			t.Errorf("got %v, or it is counted", value)
		}
	}()
	asked(api, http.MethodGet, "/orders/", http.NoBody)
}

func TestTheCallersFaultIsAWarning(t *testing.T) {
	for status, level := range map[int]string{400: "WARN", 503: "WARN", 500: "ERROR", 502: "ERROR"} {
		api, log, _ := behind(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, "", errors.New("why")) })
		if asked(api, http.MethodGet, "/orders/", http.NoBody); !strings.Contains(log.String(), `"level":"`+level+`"`) {
			t.Errorf("%d: logged %s", status, log)
		}
	}
}

func TestAnAnswerIsJSONWithItsStatus(t *testing.T) {
	rec := httptest.NewRecorder()
	if writeJSON(rec, http.StatusCreated, 1); rec.Code != http.StatusCreated || rec.Header().Get("Content-Type") != "application/json" || rec.Body.String() != "1\n" {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	rec = httptest.NewRecorder()
	if writeJSON(rec, http.StatusOK, math.NaN()); strings.Count(rec.Body.String(), "\n") != 1 {
		t.Errorf("got two answers: %s", rec.Body)
	}
}

func TestAPathThatIsNotCleanIsSentToTheCleanOne(t *testing.T) {
	api, _, _ := behind(t, func(http.ResponseWriter, *http.Request) {})
	rec := asked(api, http.MethodGet, "//carts", http.NoBody)
	if rec.Code != http.StatusTemporaryRedirect || rec.Header().Get("Location") != "/carts" || strings.Contains(rec.Body.String(), "title") {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}
<% if cookiecutter.eventing == "none" %>

func TestOneAnswerIsGiven(t *testing.T) {
	for media, body := range map[string]string{"application/json": "lines", "text/plain": "{}"} {
		r := httptest.NewRequest(http.MethodPost, "/v1/quotes", strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		rec := httptest.NewRecorder()
		if newAPI(t).ServeHTTP(rec, r); strings.Count(rec.Body.String(), "\n") != 1 {
			t.Errorf("%s of %s: %s", body, media, rec.Body)
		}
	}
}
<% endif %>
