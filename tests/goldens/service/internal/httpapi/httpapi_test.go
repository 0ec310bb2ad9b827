package httpapi

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/telemetry"
)

func newAPI(t *testing.T, args ...string) http.Handler {
	t.Helper()
	none := func(string) (string, bool) { return "", false }
	cfg, err := config.Load(t.Context(), args, none, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return New(cfg, slog.New(slog.DiscardHandler), telemetry.NewMetrics())
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
	replica := send(newAPI(t), http.MethodPost, "/v1/quotes", body)
	if !bytes.Equal(rec.Body.Bytes(), replica.Body.Bytes()) {
		t.Errorf("two replicas disagree: %s and %s", rec.Body, replica.Body)
	}
}

func TestRefusals(t *testing.T) {
	api := newAPI(t, "-max-body-bytes", "100", "-quote-max-lines", "1")
	line := `{"sku":"a","quantity":1,"unit_price":1}`
	for name, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"no such path":    {"GET", "/v1/carts", "", 404},
		"no such method":  {"DELETE", "/v1/quotes", "", 405},
		"not JSON":        {"POST", "/v1/quotes", "lines", 400},
		"unknown field":   {"POST", "/v1/quotes", `{"line": []}`, 400},
		"two values":      {"POST", "/v1/quotes", `{} {}`, 400},
		"no lines":        {"POST", "/v1/quotes", `{"lines": []}`, 422},
		"too many lines":  {"POST", "/v1/quotes", `{"lines": [` + line + "," + line + `]}`, 422},
		"body over limit": {"POST", "/v1/quotes", `{"lines": [` + strings.Repeat(" ", 100) + `]}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := send(api, test.method, test.path, test.body); rec.Code != test.status {
				t.Errorf("got %d %s, want %d", rec.Code, rec.Body, test.status)
			}
		})
	}
}

func TestPanicBecomesA500AndIsLogged(t *testing.T) {
	var out bytes.Buffer
	metrics := telemetry.NewMetrics()
	broken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })
	log := slog.New(slog.NewTextHandler(&out, nil))
	rec := send(observe(recoverPanics(broken, log, metrics), log, metrics), http.MethodGet, "/", "")
	if rec.Code != http.StatusInternalServerError || !strings.Contains(out.String(), "value=broken") {
		t.Errorf("got %d, logged %s", rec.Code, &out)
	}
	scrape := send(metrics.Handler(), http.MethodGet, "/metrics", "").Body.String()
	for _, want := range []string{"http_server_panics_total 1", `code="500"`} {
		if !strings.Contains(scrape, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestOverloadIsShed(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(entered); <-leave })
	api := shed(slow, 1, telemetry.NewMetrics())
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- send(api, http.MethodGet, "/", "") }()
	<-entered
	if rec := send(api, http.MethodGet, "/", ""); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
		t.Errorf("the second request got %d %v, want 503 with Retry-After", rec.Code, rec.Header())
	}
	close(leave)
	if rec := <-done; rec.Code != http.StatusOK {
		t.Errorf("the first request got %d, want 200", rec.Code)
	}
}

func TestDeadlineReachesTheHandler(t *testing.T) {
	var err error
	slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		err = r.Context().Err()
	})
	send(deadline(slow, time.Millisecond), http.MethodGet, "/", "")
	if err != context.DeadlineExceeded {
		t.Errorf("the handler saw %v", err)
	}
}

func FuzzQuote(f *testing.F) {
	f.Add(`{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}`)
	f.Add(`{"lines": [{"quantity": 1e99}]}`)
	none := func(string) (string, bool) { return "", false }
	cfg, err := config.Load(f.Context(), nil, none, io.Discard)
	if err != nil {
		f.Fatal(err)
	}
	api := New(cfg, slog.New(slog.DiscardHandler), telemetry.NewMetrics())
	f.Fuzz(func(t *testing.T, body string) {
		switch rec := send(api, http.MethodPost, "/v1/quotes", body); rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("%q got %d %s", body, rec.Code, rec.Body)
		}
	})
}
