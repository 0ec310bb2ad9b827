package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

const basket = `{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}`

func hooked(t *testing.T, hooks ...Hook) http.Handler {
	t.Helper()
	return New(load(t), slog.New(slog.DiscardHandler), telemetry.NewMetrics(), new(health.Progress), hooks...)
}

func TestAQuoteIsRecordedBeforeItIsAnswered(t *testing.T) {
	var kept []string
	api := hooked(t, Record("osaka", func(_ context.Context, data []byte) error { kept = append(kept, string(data)); return nil }))
	if rec := send(api, http.MethodPost, "/v1/quotes", basket); rec.Code != http.StatusOK {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if len(kept) != 1 || !strings.HasPrefix(kept[0], `{"site":"osaka","time":"`) || !strings.Contains(kept[0], `"total":700`) {
		t.Errorf("recorded %q", kept)
	}
	if send(api, http.MethodPost, "/v1/quotes", "{}"); len(kept) != 1 {
		t.Errorf("a refused basket is recorded: %q", kept)
	}
}

func TestAQuoteThatIsNotRecordedIsNotGiven(t *testing.T) {
	full := func(context.Context, []byte) error { return errors.New("/data: no space left") }
	rec := send(hooked(t, Record("osaka", full)), http.MethodPost, "/v1/quotes", basket)
	if rec.Code != http.StatusServiceUnavailable || strings.Contains(rec.Body.String(), "/data") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}
