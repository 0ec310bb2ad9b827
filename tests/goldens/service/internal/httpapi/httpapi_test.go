package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

func load(t testing.TB, args ...string) config.Config {
	t.Helper()
	none := func(string) (string, bool) { return "", false }
	cfg, err := config.Load(t.Context(), args, none, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func newAPI(t testing.TB, args ...string) http.Handler {
	t.Helper()
	return New(load(t, args...), slog.New(slog.DiscardHandler), telemetry.NewMetrics(), new(health.Progress))
}

func send(api http.Handler, method, path, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	return rec
}

func TestQuote(t *testing.T) {
	body := `{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}`
	want := `{"lines":[{"sku":"tea","quantity":2,"unit_price":350,"amount":700}],"total":700}` + "\n"
	rec := send(newAPI(t), http.MethodPost, "/v1/quotes", body)
	if rec.Code != http.StatusOK || rec.Body.String() != want {
		t.Errorf("got %d %s, want 200 %s", rec.Code, rec.Body, want)
	}
}

func TestIndexListsRoutesThatAreThere(t *testing.T) {
	api := newAPI(t)
	var list struct{ Routes []string }
	if rec := send(api, http.MethodGet, "/", ""); json.Unmarshal(rec.Body.Bytes(), &list) != nil || len(list.Routes) == 0 {
		t.Fatalf("got %d %s, want a list of routes", rec.Code, rec.Body)
	}
	for _, route := range list.Routes {
		method, path, _ := strings.Cut(route, " ")
		if rec := send(api, method, path, ""); rec.Code == http.StatusNotFound || rec.Code == http.StatusMethodNotAllowed {
			t.Errorf("%s got %d", route, rec.Code)
		}
	}
}

func TestRefusals(t *testing.T) {
	api := newAPI(t, "-max-body-bytes", "100", "-quote-max-lines", "1")
	line := `{"sku":"a","quantity":1,"unit_price":1}`
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		detail             string
	}{
		"no such path":    {"GET", "/v1/carts", "", 404, ""},
		"no such method":  {"DELETE", "/v1/quotes", "", 405, ""},
		"not JSON":        {"POST", "/v1/quotes", "lines", 400, ""},
		"unknown field":   {"POST", "/v1/quotes", `{"line": []}`, 400, `"unknown field \"line\""`},
		"unknown below":   {"POST", "/v1/quotes", `{"lines": [{"a": 1}]}`, 400, `"unknown field \"a\""`},
		"two values":      {"POST", "/v1/quotes", `{} {}`, 400, ""},
		"half a value":    {"POST", "/v1/quotes", `{"lines": [`, 400, "the body ends too early"},
		"no lines":        {"POST", "/v1/quotes", `{"lines": []}`, 422, "got 0"},
		"too many lines":  {"POST", "/v1/quotes", `{"lines": [` + line + "," + line + `]}`, 422, "got 2"},
		"wrong type":      {"POST", "/v1/quotes", `{"lines": 5}`, 400, "lines: want array, got number"},
		"wrong element":   {"POST", "/v1/quotes", `{"lines": [true]}`, 400, "lines: want object, got boolean"},
		"wrong field":     {"POST", "/v1/quotes", `{"lines": [{"sku": {}}]}`, 400, "lines.sku: want string, got object"},
		"half a piece":    {"POST", "/v1/quotes", `{"lines": [{"quantity": 1.5}]}`, 400, "want whole number, got number 1.5"},
		"wrong body":      {"POST", "/v1/quotes", "5", 400, "the body: want object, got number"},
		"empty":           {"POST", "/v1/quotes", "", 400, "the body is empty"},
		"body over limit": {"POST", "/v1/quotes", `{"lines": [` + strings.Repeat(" ", 100) + `]}`, 413, "over 100 bytes"},
		"tail over limit": {"POST", "/v1/quotes", `{"lines": []}` + strings.Repeat(" ", 100), 413, "over 100 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := send(api, test.method, test.path, test.body)
			if rec.Code != test.status || !strings.Contains(rec.Body.String(), test.detail) || strings.Count(rec.Body.String(), "\n") != 1 {
				t.Errorf("got %d %s, want %d %s", rec.Code, rec.Body, test.status, test.detail)
			}
			if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("the problem is of type %s", got)
			}
		})
	}
}

func TestOnlyJSONIsTaken(t *testing.T) {
	api := newAPI(t, "-max-in-flight", "1") // one after the other
	for media, status := range map[string]int{
		"": 200, "application/json": 200, "application/json; charset=utf-8": 200, "application/vnd.basket+json": 200,
		"text/plain": 415, "multipart/form-data; boundary=x": 415, "application/x-www-form-urlencoded": 415,
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/quotes", strings.NewReader(`{"lines": [{"sku": "tea", "quantity": 1, "unit_price": 1}]}`))
		r.Header.Set("Content-Type", media)
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, r)
		if rec.Code != status || strings.Count(rec.Body.String(), "\n") != 1 {
			t.Errorf("%q: got %d %s, want %d", media, rec.Code, rec.Body, status)
		}
	}
}

// body stands for whatever a handler may meet while it reads.
type body func() error

func (b body) Read([]byte) (int, error) { return 0, b() }

// post sends a request whose body is read through read.
func post(api http.Handler, read body) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/v1/quotes", read))
	return rec
}

func TestPanicIsAnsweredLoggedAndCounted(t *testing.T) {
	var out bytes.Buffer
	metrics := telemetry.NewMetrics()
	api := New(load(t), slog.New(slog.NewTextHandler(&out, nil)), metrics, new(health.Progress))
	rec := post(api, func() error { panic("broken") })
	if rec.Code != http.StatusInternalServerError || !strings.Contains(out.String(), "panic: broken") {
		t.Errorf("got %d, logged %s", rec.Code, &out)
	}
	wantMetrics(t, metrics, "http_server_panics_total 1", `code="500",method="POST",route="/v1/quotes"`)
}

func TestPanicAfterTheFirstByteBreaksTheConnection(t *testing.T) {
	for name, value := range map[string]any{"a bug": "broken", "on purpose": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "half of ")
				panic(value)
			})
			metrics, log := telemetry.NewMetrics(), slog.New(slog.DiscardHandler)
			server := httptest.NewServer(observe(recoverPanics(handler, metrics), log, metrics))
			defer server.Close()
			res, err := http.Get(server.URL)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if err == nil {
				t.Error("half an answer looks like a whole one")
			}
			wantMetrics(t, metrics, `code="200",method="GET"`, "http_server_active_requests 0")
		})
	}
}

func TestOverloadIsShed(t *testing.T) {
	metrics := telemetry.NewMetrics()
	api := New(load(t, "-max-in-flight", "1"), slog.New(slog.DiscardHandler), metrics, new(health.Progress))
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- post(api, func() error { close(entered); <-leave; return io.EOF }) }()
	<-entered
	rec := send(api, http.MethodPost, "/v1/quotes", "{}")
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("the second request got %d %v, want 503 with Retry-After", rec.Code, rec.Header())
	}
	close(leave)
	if rec := <-done; rec.Code != http.StatusBadRequest {
		t.Errorf("the first request got %d, want its own answer", rec.Code)
	}
	wantMetrics(t, metrics, "http_server_shed_requests_total 1", "http_server_active_requests 0")
}

func TestLongBodyOfUnknownLength(t *testing.T) {
	spaces := io.MultiReader(strings.NewReader(strings.Repeat(" ", 200))) // hides its length, as a chunked body does
	rec := httptest.NewRecorder()
	newAPI(t, "-max-body-bytes", "100").ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/v1/quotes", spaces))
	if rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s, want 413", rec.Code, rec.Body)
	}
}

func TestSlowBody(t *testing.T) {
	rec := post(newAPI(t), func() error { return os.ErrDeadlineExceeded })
	if rec.Code != http.StatusRequestTimeout {
		t.Errorf("got %d %s, want 408", rec.Code, rec.Body)
	}
}

func TestDeadlineReachesTheHandler(t *testing.T) {
	var err error
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		err = r.Context().Err()
	})
	send(deadline(slow, time.Millisecond), http.MethodGet, "/", "")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handler saw %v", err)
	}
}

func TestRequestsAreLoggedAtDebugLevel(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var out bytes.Buffer
		send(New(load(t), telemetry.NewLogger(&out, level), telemetry.NewMetrics(), new(health.Progress)), http.MethodGet, "/v1/carts", "")
		if got := strings.Contains(out.String(), `"path":"/v1/carts","code":"404"`); got != want {
			t.Errorf("at %s: %q", level, &out)
		}
	}
}

func TestUnknownMethodsShareALabel(t *testing.T) {
	metrics := telemetry.NewMetrics()
	api := New(load(t), slog.New(slog.DiscardHandler), metrics, new(health.Progress))
	send(api, "BREW", "/v1/quotes", "")
	wantMetrics(t, metrics, `code="405",method="OTHER"`)
}

func wantMetrics(t *testing.T, metrics *telemetry.Metrics, lines ...string) {
	t.Helper()
	scrape := send(metrics.Handler(), http.MethodGet, "/metrics", "").Body.String()
	for _, line := range lines {
		if !strings.Contains(scrape, line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

// BenchmarkQuote shows what the middleware adds to the handlers.
func BenchmarkQuote(b *testing.B) {
	for name, handler := range map[string]http.Handler{"handlers": routes(load(b)), "service": newAPI(b)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				send(handler, http.MethodPost, "/v1/quotes", `{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}`)
			}
		})
	}
}

func FuzzQuote(f *testing.F) {
	f.Add(`{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}`)
	f.Add(`{"lines": [{"quantity": 1e99}]}`)
	api := newAPI(f)
	f.Fuzz(func(t *testing.T, body string) {
		switch rec := send(api, http.MethodPost, "/v1/quotes", body); rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("%q got %d %s", body, rec.Code, rec.Body)
		}
	})
}

func TestPrice(t *testing.T) {
	basket, err := price([]line{{"tea", 2, 350}, {"mug", 1, 1200}}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if basket.Total != 1900 || basket.Lines[0].Amount != 700 || basket.Lines[1].Amount != 1200 {
		t.Errorf("got %+v, want 700 + 1200 = 1900", basket)
	}
}

func TestPriceRefuses(t *testing.T) {
	good := line{"tea", 1, 1}
	for want, lines := range map[string][]line{
		"lines: want 1 to 2, got 0": nil,
		"lines: want 1 to 2, got 3": {good, good, good},
		"lines[1].sku":              {good, {"", 1, 1}},
		"lines[0].quantity":         {{"tea", 0, 1}},
		"lines[0].unit_price":       {{"tea", 1, -1}},
	} {
		if _, err := price(lines, 2); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

func FuzzPrice(f *testing.F) {
	f.Add("tea", int64(2), int64(350), 3)
	f.Add("", int64(-1), int64(math.MaxInt64), 1000)
	f.Fuzz(func(t *testing.T, sku string, quantity, unitPrice int64, n int) {
		n = max(0, min(n, 1000))
		lines := make([]line, n)
		for i := range lines {
			lines[i] = line{sku, quantity, unitPrice}
		}
		basket, err := price(lines, 1000)
		if err != nil {
			return
		}
		if want := quantity * unitPrice * int64(n); basket.Total != want || basket.Total < 0 {
			t.Errorf("%d lines of %d at %d: total %d, want %d", n, quantity, unitPrice, basket.Total, want)
		}
	})
}
