package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"

	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

func TestHintsComeBeforeTheAnswer(t *testing.T) {
	metrics := telemetry.NewMetrics()
	handler := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusNotFound)
	}
	server := httptest.NewServer(observe(recoverPanics(http.HandlerFunc(handler), metrics), slog.New(slog.DiscardHandler), metrics))
	defer server.Close()
	hints := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
		if hints = code; code != http.StatusEarlyHints {
			return errors.New("another one")
		}
		return nil
	}})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if hints != http.StatusEarlyHints || res.StatusCode != http.StatusNotFound {
		t.Errorf("got %d, then %d", hints, res.StatusCode)
	}
	rec := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(rec.Body.String(), `code="404"`) {
		t.Error("the hint is counted as the answer")
	}
}

func TestWhatHasNoHandlerIsAProblem(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/", func(http.ResponseWriter, *http.Request) {})
	api := New(mux, load(t), slog.New(slog.DiscardHandler), telemetry.NewMetrics(), new(health.Progress))
	for target, want := range map[string]struct {
		status              int
		media, header, text string
	}{
		"GET /carts":    {404, "application/problem+json", "", ""},
		"PUT /orders/":  {405, "application/problem+json", "Allow", "GET, HEAD"},
		"GET //orders/": {307, "text/html; charset=utf-8", "Location", "/orders/"},
	} {
		method, path, _ := strings.Cut(target, " ")
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, httptest.NewRequest(method, "http://test"+path, http.NoBody))
		if rec.Code != want.status || rec.Header().Get("Content-Type") != want.media || rec.Header().Get(want.header) != want.text {
			t.Errorf("%s: got %d %v", target, rec.Code, rec.Header())
		}
	}
}
