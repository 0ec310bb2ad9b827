package httpapi

import (
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/config/configtest"
	"<< cookiecutter.module >>/internal/deps"
	"<< cookiecutter.module >>/internal/health"
	"<< cookiecutter.module >>/internal/telemetry"
)

const tea = `{"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}`

// quoting returns the routes, and all of the service around them.
func quoting(t testing.TB, args ...string) (routes, service http.Handler) {
	t.Helper()
	cfg, err := config.Load(args, configtest.Env, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	mux := Routes(&deps.Deps{Core: deps.NewCore(log, cfg.Now)})
	return mux, New(mux, cfg, log, telemetry.NewMetrics(), new(health.Progress))
}

func quoted(api http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r, rec := httptest.NewRequest(method, path, strings.NewReader(body)), httptest.NewRecorder()
	r.Header.Set("Content-Type", "application/json")
	api.ServeHTTP(rec, r)
	return rec
}

func TestQuote(t *testing.T) {
	_, api := quoting(t)
	want := `{"lines":[{"sku":"tea","quantity":2,"unit_price":350,"amount":700}],"total":700}` + "\n"
	if rec := quoted(api, http.MethodPost, "/v1/quotes", tea); rec.Code != http.StatusOK || rec.Body.String() != want {
		t.Errorf("got %d %s, want 200 %s", rec.Code, rec.Body, want)
	}
}

func TestIndexListsRoutesThatAreThere(t *testing.T) {
	_, api := quoting(t)
	var list struct{ Routes []string }
	if rec := quoted(api, http.MethodGet, "/", ""); json.Unmarshal(rec.Body.Bytes(), &list) != nil || len(list.Routes) == 0 {
		t.Fatalf("got %d %s, want a list of routes", rec.Code, rec.Body)
	}
	for _, route := range list.Routes {
		method, path, _ := strings.Cut(route, " ")
		if rec := quoted(api, method, path, ""); rec.Code == http.StatusNotFound || rec.Code == http.StatusMethodNotAllowed {
			t.Errorf("%s got %d", route, rec.Code)
		}
	}
}

func TestQuotesAreRefused(t *testing.T) {
	_, api := quoting(t, "-quote-max-lines", "1")
	line := `{"sku":"a","quantity":1,"unit_price":1}`
	for body, want := range map[string]string{
		`{"lines": []}`:                          "422 lines: want 1 to 1, got 0",
		`{"lines": [` + line + `,` + line + `]}`: "422 lines: want 1 to 1, got 2",
		`{"line": []}`:                           "400 unknown field",
	} {
		rec := quoted(api, http.MethodPost, "/v1/quotes", body)
		if status, detail, _ := strings.Cut(want, " "); !strings.Contains(rec.Body.String(), `"status":`+status) || !strings.Contains(rec.Body.String(), detail) || strings.Count(rec.Body.String(), "\n") != 1 {
			t.Errorf("%s: got %s, want %s", body, rec.Body, want)
		}
	}
	if _, err := config.Load([]string{"-quote-max-lines", "1001"}, configtest.Env, io.Discard); err == nil || !strings.Contains(err.Error(), "outside 1 to 1000") {
		t.Errorf("baskets of any size: %v", err)
	}
}

<% if cookiecutter.__model %>
func TestTheModelMakesAQuoteCheaper(t *testing.T) {
	_, api := quoting(t)
	var discounts *Discounts
	UseDiscounts(func() *Discounts { return discounts })
	defer UseDiscounts(nil)
	if rec := quoted(api, http.MethodPost, "/v1/quotes", tea); rec.Code != http.StatusServiceUnavailable || strings.Count(rec.Body.String(), "\n") != 1 {
		t.Errorf("without one: got %d %s", rec.Code, rec.Body)
	}
	discounts, _ = ReadDiscounts("v3", []byte(`[{"pieces": 2, "percent": 3}]`))
	if rec := quoted(api, http.MethodPost, "/v1/quotes", tea); !strings.Contains(rec.Body.String(), `"total":679,"discount":21,"model":"v3"`) {
		t.Errorf("got %s", rec.Body)
	}
}

<% endif %>
// BenchmarkQuote shows what the middleware adds to the handlers.
func BenchmarkQuote(b *testing.B) {
	routes, service := quoting(b)
	for name, handler := range map[string]http.Handler{"handlers": routes, "service": service} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				quoted(handler, http.MethodPost, "/v1/quotes", tea)
			}
		})
	}
}

func FuzzQuote(f *testing.F) {
	f.Add(tea)
	f.Add(`{"lines": [{"quantity": 1e99}]}`)
	_, api := quoting(f)
	f.Fuzz(func(t *testing.T, body string) {
		switch rec := quoted(api, http.MethodPost, "/v1/quotes", body); rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("%q got %d %s", body, rec.Code, rec.Body)
		}
	})
}

func TestPrice(t *testing.T) {
	basket, err := price([]line{{SKU: "tea", Quantity: 2, UnitPrice: 350}, {SKU: "mug", Quantity: 1, UnitPrice: 1200, Amount: 1}}, 10)
	if err != nil || basket.Total != 1900 || basket.Lines[0].Amount != 700 || basket.Lines[1].Amount != 1200 {
		t.Errorf("got %+v, %v, want 700 + 1200 = 1900", basket, err)
	}
}

func TestPriceRefuses(t *testing.T) {
	good := line{SKU: "tea", Quantity: 1, UnitPrice: 1}
	for name, bad := range map[string]line{
		"no name":        {Quantity: 1, UnitPrice: 1},
		"no quantity":    {SKU: "tea", UnitPrice: 1},
		"a large one":    {SKU: "tea", Quantity: most + 1, UnitPrice: 1},
		"less than free": {SKU: "tea", Quantity: 1, UnitPrice: -1},
		"a high price":   {SKU: "tea", Quantity: 1, UnitPrice: most + 1},
	} {
		if _, err := price([]line{good, bad}, 2); err == nil || !strings.HasPrefix(err.Error(), "lines[1]: ") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

func FuzzPrice(f *testing.F) {
	f.Add("tea", int64(2), int64(350), 3)
	f.Add("", int64(-1), int64(math.MaxInt64), 1000)
	f.Fuzz(func(t *testing.T, sku string, quantity, unitPrice int64, n int) {
		lines := make([]line, max(0, min(n, 1000)))
		for i := range lines {
			lines[i] = line{SKU: sku, Quantity: quantity, UnitPrice: unitPrice}
		}
		basket, err := price(lines, 1000)
		if err != nil {
			return
		}
		if want := quantity * unitPrice * int64(len(lines)); basket.Total != want || basket.Total < 0 {
			t.Errorf("%d lines of %d at %d: total %d, want %d", len(lines), quantity, unitPrice, basket.Total, want)
		}
	})
}
