package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
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

// orders is a route inside all of the middleware.
func orders(t testing.TB, metrics *telemetry.Metrics, out io.Writer, args ...string) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", takeOrder)
	return New(mux, load(t, args...), telemetry.NewLogger(out, slog.LevelInfo), metrics, new(health.Progress))
}

func send(api http.Handler, method, path, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	return rec
}

func TestRefusals(t *testing.T) {
	api := orders(t, telemetry.NewMetrics(), io.Discard, "-max-body-bytes", "100")
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
			if rec.Code != test.status || !strings.Contains(rec.Body.String(), test.detail) {
				t.Errorf("got %d %s, want %d %s", rec.Code, rec.Body, test.status, test.detail)
			}
			if got := rec.Header().Get("Content-Type"); rec.Code != http.StatusOK && got != "application/problem+json" {
				t.Errorf("the problem is of type %s", got)
			}
		})
	}
}

func TestOnlyJSONIsTaken(t *testing.T) {
	api := orders(t, telemetry.NewMetrics(), io.Discard)
	for media, status := range map[string]int{
		"": 200, "application/json": 200, "application/json; charset=utf-8": 200, "application/vnd.basket+json": 200,
		"text/plain": 415, "multipart/form-data; boundary=x": 415, "application/x-www-form-urlencoded": 415,
	} {
		r := httptest.NewRequest(http.MethodPost, "/orders", strings.NewReader(`{"lines": []}`))
		r.Header.Set("Content-Type", media)
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, r)
		if rec.Code != status {
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
	api.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/orders", read))
	return rec
}

func TestPanicIsAnsweredLoggedAndCounted(t *testing.T) {
	var out bytes.Buffer
	metrics := telemetry.NewMetrics()
	rec := post(orders(t, metrics, &out), func() error { panic("broken") })
	if rec.Code != http.StatusInternalServerError || !strings.Contains(out.String(), "panic: broken") {
		t.Errorf("got %d, logged %s", rec.Code, &out)
	}
	wantMetrics(t, metrics, "http_server_panics_total 1", `code="500",method="POST",route="/orders"`)
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
	api := orders(t, metrics, io.Discard, "-max-in-flight", "1")
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- post(api, func() error { close(entered); <-leave; return io.EOF }) }()
	<-entered
	rec := send(api, http.MethodPost, "/orders", "{}")
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
	orders(t, telemetry.NewMetrics(), io.Discard, "-max-body-bytes", "100").ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/orders", spaces))
	if rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s, want 413", rec.Code, rec.Body)
	}
}

func TestSlowBody(t *testing.T) {
	rec := post(orders(t, telemetry.NewMetrics(), io.Discard), func() error { return os.ErrDeadlineExceeded })
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
	send(deadline(slow, time.Millisecond, new(health.Progress)), http.MethodGet, "/", "")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handler saw %v", err)
	}
}

func TestRequestsAreLoggedAtDebugLevel(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var out bytes.Buffer
		send(New(http.NewServeMux(), load(t), telemetry.NewLogger(&out, level), telemetry.NewMetrics(), new(health.Progress)), http.MethodGet, "/carts", "")
		if got := strings.Contains(out.String(), `"path":"/carts","code":"404"`); got != want {
			t.Errorf("at %s: %q", level, &out)
		}
	}
}

func TestUnknownMethodsShareALabel(t *testing.T) {
	metrics := telemetry.NewMetrics()
	send(orders(t, metrics, io.Discard), "BREW", "/orders", "")
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
