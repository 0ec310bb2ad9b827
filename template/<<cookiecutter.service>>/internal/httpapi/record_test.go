package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/health"
	"<< cookiecutter.module >>/internal/offline"
	"<< cookiecutter.module >>/internal/telemetry"
)

// kept serves orders inside all of the middleware, and what is kept of them.
func kept(t *testing.T, keep func(context.Context, []byte) error) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", takeOrder)
	mux.HandleFunc("DELETE /orders", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("PUT /orders", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "taken")
		w.WriteHeader(http.StatusConflict) // which is too late
	})
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, 7) })
	return New(mux, load(t), slog.New(slog.DiscardHandler), telemetry.NewMetrics(), new(health.Progress), Record("osaka", keep))
}

func TestAnAnswerIsRecordedBeforeItIsGiven(t *testing.T) {
	var records []string
	api := kept(t, func(_ context.Context, data []byte) error { records = append(records, string(data)); return nil })
	for _, test := range []struct{ method, body, answer, record string }{
		{http.MethodPost, `{"lines":[]}`, `{"lines":[]}`, `"route":"POST /orders","answer":{"lines":[]}}`},
		{http.MethodPut, "", "taken", `"route":"PUT /orders","answer":"taken"}`},
		{http.MethodDelete, "", "", `"route":"DELETE /orders"}`},
		{http.MethodPost, "[]", "the body: want object", ""},
		{http.MethodGet, "", "7", ""},
	} {
		records = nil
		rec := send(api, test.method, "/orders", test.body)
		if !strings.Contains(rec.Body.String(), test.answer) {
			t.Errorf("%s: got %d %s", test.method, rec.Code, rec.Body)
		}
		switch found := strings.Join(records, ""); {
		case test.record == "" && found != "":
			t.Errorf("%s is recorded: %s", test.method, found)
		case !strings.HasSuffix(found, test.record) || test.record != "" && !strings.HasPrefix(found, `{"site":"osaka","time":"`):
			t.Errorf("%s: recorded %s, want %s", test.method, found, test.record)
		}
	}
}

func TestAnAnswerThatIsNotRecordedIsNotGiven(t *testing.T) {
	for err, status := range map[error]int{
		errors.New("/data: no space left"): http.StatusServiceUnavailable, offline.ErrTooLarge: http.StatusRequestEntityTooLarge,
	} {
		rec := send(kept(t, func(context.Context, []byte) error { return err }), http.MethodPost, "/orders", `{"lines":[]}`)
		if rec.Code != status || strings.Contains(rec.Body.String(), "lines") || strings.Contains(rec.Body.String(), "/data") {
			t.Errorf("%v: got %d %s", err, rec.Code, rec.Body)
		}
	}
}
