package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestTheModelMakesManyPiecesCheaper(t *testing.T) {
	discounts, err := ReadDiscounts("v3", []byte(`[{"pieces": 10, "percent": 3}, {"pieces": 100, "percent": 8}]`))
	if err != nil {
		t.Fatal(err)
	}
	api := hooked(t, Discount(func() *Discounts { return discounts }))
	for pieces, want := range map[int]string{
		9: `"total":63,"model":"v3"`, 10: `"total":68,"discount":2,"model":"v3"`, 1000: `"total":6440,"discount":560,"model":"v3"`,
	} {
		body := fmt.Sprintf(`{"lines": [{"sku": "tea", "quantity": %d, "unit_price": 7}]}`, pieces)
		if rec := send(api, http.MethodPost, "/v1/quotes", body); !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%d pieces: got %s, want %s", pieces, rec.Body, want)
		}
	}
}

func TestWithoutAModelThereIsNoQuote(t *testing.T) {
	api := hooked(t, Discount(func() *Discounts { return nil }))
	if rec := send(api, http.MethodPost, "/v1/quotes", basket); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}

func TestDiscountsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, data := range []string{"", "{}", `[{"pieces": 1, "percent": 101}]`, `[{"pieces": 1, "percent": -1}]`, `[{"pieces": 2}, {"pieces": 2}]`} {
		if _, err := ReadDiscounts("v3", []byte(data)); err == nil {
			t.Errorf("%s is taken", data)
		}
	}
}
