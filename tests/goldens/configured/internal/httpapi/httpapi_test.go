package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/config/configtest"
	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

// load returns settings, with those that must be said.
func load(t testing.TB, args ...string) config.Config {
	t.Helper()
	cfg, err := config.Load(args, configtest.Env, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// order is what the handler of these tests takes, and gives back.
type order struct {
	Lines []struct {
		SKU      string `json:"sku"`
		Quantity int64  `json:"quantity"`
	} `json:"lines"`
}

func takeOrder(w http.ResponseWriter, r *http.Request) {
	var taken order
	if err := decode(r, &taken); err != nil {
		status, detail := refusal(err)
		writeProblem(w, status, detail)
		return
	}
	writeJSON(w, http.StatusOK, taken)
}

// wrapped is routes inside all of the middleware, with what they log and what is measured of them.
type wrapped struct {
	http.Handler
	mux     *http.ServeMux
	log     bytes.Buffer
	metrics *telemetry.Metrics
}

// wrap returns POST /orders so; a test adds routes of its own to the mux.
func wrap(t testing.TB, args ...string) *wrapped {
	t.Helper()
	cfg, api := load(t, args...), &wrapped{mux: http.NewServeMux(), metrics: telemetry.NewMetrics()}
	api.mux.HandleFunc("POST /orders", takeOrder)
	api.Handler = New(api.mux, cfg, telemetry.NewLogger(&api.log, cfg.LogLevel), api.metrics, new(health.Progress))
	return api
}

func (w *wrapped) measures(t *testing.T, lines ...string) {
	t.Helper()
	scrape := send(w.metrics.Handler(), http.MethodGet, "/metrics", "").Body.String()
	for _, line := range lines {
		if !strings.Contains(scrape, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func send(api http.Handler, method, path, body string) *httptest.ResponseRecorder {
	return sendFrom(api, method, path, strings.NewReader(body))
}

func sendFrom(api http.Handler, method, path string, body io.Reader) *httptest.ResponseRecorder {
	r, rec := httptest.NewRequest(method, path, body), httptest.NewRecorder()
	r.Header.Set("Content-Type", "application/json")
	api.ServeHTTP(rec, r)
	return rec
}

func TestRefusals(t *testing.T) {
	api := wrap(t, "-max-body-bytes", "100")
	for name, test := range map[string]struct {
		body   string
		status int
		detail string
	}{
		"good":            {`{"lines": []}`, 200, ""},
		"not JSON":        {"lines", 400, ""},
		"unknown field":   {`{"line": []}`, 400, `"unknown field \"line\""`},
		"unknown below":   {`{"lines": [{"a": 1}]}`, 400, `"unknown field \"a\""`},
		"two values":      {`{} {}`, 400, ""},
		"half a value":    {`{"lines": [`, 400, "the body ends too early"},
		"wrong type":      {`{"lines": 5}`, 400, "lines: want array, got number"},
		"wrong element":   {`{"lines": [true]}`, 400, "lines: want object, got boolean"},
		"wrong field":     {`{"lines": [{"sku": {}}]}`, 400, "lines.sku: want string, got object"},
		"half a piece":    {`{"lines": [{"quantity": 1.5}]}`, 400, "want whole number, got number 1.5"},
		"wrong body":      {"5", 400, "the body: want object, got number"},
		"empty":           {"", 400, "the body is empty"},
		"body over limit": {`{"lines": [` + strings.Repeat(" ", 100) + `]}`, 413, "over 100 bytes"},
		"tail over limit": {`{"lines": []}` + strings.Repeat(" ", 100), 413, "over 100 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := send(api, http.MethodPost, "/orders", test.body)
			if rec.Code != test.status || !strings.Contains(rec.Body.String(), test.detail) || strings.Count(rec.Body.String(), "\n") != 1 {
				t.Errorf("got %d %s, want %d %s", rec.Code, rec.Body, test.status, test.detail)
			}
			if got := rec.Header().Get("Content-Type"); rec.Code != http.StatusOK && got != "application/problem+json" {
				t.Errorf("the problem is of type %s", got)
			}
		})
	}
}

func TestOnlyJSONIsTaken(t *testing.T) {
	api := wrap(t, "-max-in-flight", "1") // one after the other
	for media, status := range map[string]int{
		"application/json": 200, "Application/JSON; charset=utf-8": 200, "application/vnd.basket+json": 200,
		"text/plain": 415, "multipart/form-data; boundary=x": 415, "application/x-www-form-urlencoded": 415,
		"none": 415, "": 415, "json": 415, "+json": 415, "application/json; charset": 415, "application/json|text/plain": 415,
	} {
		r, rec := httptest.NewRequest(http.MethodPost, "/orders", strings.NewReader(`{"lines": []}`)), httptest.NewRecorder()
		if media != "none" {
			r.Header["Content-Type"] = strings.Split(media, "|")
		}
		api.ServeHTTP(rec, r)
		header, body := rec.Header(), rec.Body.String()
		if rec.Code != status || strings.Count(body, "\n") != 1 || status == 415 && (header.Get("Content-Type") != "application/problem+json" || header.Get("Accept") != "application/json") {
			t.Errorf("%q: got %d %v %s, want %d", media, rec.Code, header, body, status)
		}
	}
}

func TestBodiesThatDoNotCome(t *testing.T) {
	api := wrap(t, "-max-body-bytes", "100")
	for status, body := range map[int]io.Reader{
		http.StatusRequestEntityTooLarge: io.MultiReader(strings.NewReader(strings.Repeat(" ", 200))), // of unknown length, as a chunked one
		http.StatusRequestTimeout:        iotest.ErrReader(os.ErrDeadlineExceeded),
	} {
		if rec := sendFrom(api, http.MethodPost, "/orders", body); rec.Code != status {
			t.Errorf("got %d %s, want %d", rec.Code, rec.Body, status)
		}
	}
}

func TestWhatIsSaidOfAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		handler       http.HandlerFunc
		status        int
		level, reason string // in the log
	}{
		"good":               {func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusCreated, 1) }, 201, "", ""},
		"a conflict":         {func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, http.StatusConflict, "") }, 409, "", ""},
		"the caller's fault": {func(w http.ResponseWriter, r *http.Request) { refuse(w, r, http.StatusBadRequest, "", io.EOF) }, 400, "WARN", "EOF"},
		"what will pass":     {func(w http.ResponseWriter, r *http.Request) { refuse(w, r, http.StatusServiceUnavailable, "", io.EOF) }, 503, "WARN", "EOF"},
		"an error":           {func(w http.ResponseWriter, r *http.Request) { fail(w, r, errors.New("no database")) }, 500, "ERROR", "no database"},
		"a panic":            {func(http.ResponseWriter, *http.Request) { panic("no database") }, 500, "ERROR", "panic: no database"},
		"no JSON":            {func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, math.NaN()) }, 500, "ERROR", "panic: encode the answer: "},
	} {
		api := wrap(t)
		api.mux.Handle("GET /orders/{id}", http.TimeoutHandler(test.handler, time.Minute, "")) // with a writer of its own
		rec := send(api, http.MethodGet, "/orders/7", "")
		media, body := map[bool]string{true: "application/json", false: "application/problem+json"}[rec.Code < 400], rec.Body.String()
		if rec.Code != test.status || rec.Header().Get("Content-Type") != media || strings.Contains(body, "database") || strings.Count(body, "\n") != 1 {
			t.Errorf("%s: got %d %v %s", name, rec.Code, rec.Header(), body)
		}
		want := fmt.Sprintf(`"level":%q,"msg":"request failed","method":"GET","route":"GET /orders/{id}","code":%d,"error":"%s`, test.level, test.status, test.reason)
		if log := api.log.String(); (test.level == "") != (log == "") || test.level != "" && !strings.Contains(log, want) {
			t.Errorf("%s: logged %s, want %s", name, log, want)
		}
		api.measures(t, fmt.Sprintf(`_count{code="%d",method="GET",route="/orders/{id}"} 1`, test.status), "go_goroutines ", "process_start_time_seconds ", "go_build_info{")
	}
}

func TestAFloodOfFailuresIsNoFloodOfLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := wrap(t)
		api.mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { fail(w, r, io.EOF) })
		for second := range 2 {
			for range 1000 {
				send(api, http.MethodGet, "/", "")
			}
			if n := strings.Count(api.log.String(), "\n"); n != 10*(second+1) {
				t.Errorf("%d lines", n)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestPanicAfterTheFirstByteBreaksTheConnection(t *testing.T) {
	for count, value := range []any{http.ErrAbortHandler, "a bug"} { // the first is on purpose, and not counted
		api := wrap(t)
		api.mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half of ")
			panic(value)
		})
		server := httptest.NewServer(api)
		defer server.Close()
		res, err := http.Get(server.URL)
		if err == nil {
			_, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
		}
		if err == nil {
			t.Error("half an answer looks like a whole one")
		}
		api.measures(t, `code="200",method="GET"`, "http_server_active_requests 0", fmt.Sprintf("http_server_panics_total %d\n", count))
	}
}

func TestOverloadIsShed(t *testing.T) {
	api := wrap(t, "-max-in-flight", "1")
	api.mux.HandleFunc("GET /", func(http.ResponseWriter, *http.Request) {
		if rec := send(api, http.MethodPost, "/orders", "{}"); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" || strings.Count(rec.Body.String(), "\n") != 1 {
			t.Errorf("the second request got %d %v %s, want 503 with Retry-After", rec.Code, rec.Header(), rec.Body)
		}
	})
	if rec := send(api, http.MethodGet, "/", ""); rec.Code != http.StatusOK || !strings.Contains(api.log.String(), `"level":"WARN"`) {
		t.Errorf("the first request got %d, want its own answer; logged %s", rec.Code, &api.log)
	}
	api.measures(t, "http_server_shed_requests_total 1", "http_server_active_requests 0")
}

func TestDeadlineReachesTheHandler(t *testing.T) {
	api := wrap(t, "-request-timeout", "1ms")
	api.mux.HandleFunc("GET /", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
			t.Error("there is none")
		}
	})
	send(api, http.MethodGet, "/", "")
}

func TestHintsComeBeforeTheAnswer(t *testing.T) {
	api := wrap(t)
	api.mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusNotFound)
	})
	if rec := send(api, http.MethodGet, "/", ""); rec.Code != http.StatusEarlyHints { // a recorder keeps the first
		t.Errorf("got %d", rec.Code)
	}
	api.measures(t, `code="404"`)
}

func TestWhatHasNoHandlerIsAProblem(t *testing.T) {
	api := wrap(t, "-log-level", "debug")
	api.mux.HandleFunc("GET /orders/", func(http.ResponseWriter, *http.Request) {})
	for target, want := range map[string]struct {
		status              int
		media, header, text string
	}{
		"GET /carts":    {404, "application/problem+json", "", ""},
		"PUT /orders/":  {405, "application/problem+json", "Allow", "GET, HEAD"},
		"BREW /orders":  {405, "application/problem+json", "Allow", "GET, HEAD, POST"},
		"GET //carts":   {307, "text/html; charset=utf-8", "Location", "/carts"},
		"GET //orders/": {307, "text/html; charset=utf-8", "Location", "/orders/"},
	} {
		method, path, _ := strings.Cut(target, " ")
		rec := send(api, method, "http://test"+path, "")
		if rec.Code != want.status || rec.Header().Get("Content-Type") != want.media || rec.Header().Get(want.header) != want.text {
			t.Errorf("%s: got %d %v", target, rec.Code, rec.Header())
		}
	}
	api.measures(t, `code="405",method="OTHER"`)
	if !strings.Contains(api.log.String(), `"path":"/carts","code":"404"`) {
		t.Errorf("logged %s", &api.log)
	}
}
