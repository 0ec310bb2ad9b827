package quote

import (
	"math"
	"strings"
	"testing"
)

func TestPrice(t *testing.T) {
	quote, err := Price([]Line{{"tea", 2, 350}, {"mug", 1, 1200}}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if quote.Total != 1900 || quote.Lines[0].Amount != 700 || quote.Lines[1].Amount != 1200 {
		t.Errorf("got %+v, want 700 + 1200 = 1900", quote)
	}
}

func TestPriceRefuses(t *testing.T) {
	good := Line{"tea", 1, 1}
	for want, lines := range map[string][]Line{
		"lines: want 1 to 2, got 0": nil,
		"lines: want 1 to 2, got 3": {good, good, good},
		"lines[1].sku":              {good, {"", 1, 1}},
		"lines[0].quantity":         {{"tea", 0, 1}},
		"lines[0].unit_price":       {{"tea", 1, -1}},
	} {
		if _, err := Price(lines, 2); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

func FuzzPrice(f *testing.F) {
	f.Add("tea", int64(2), int64(350), 3)
	f.Add("", int64(-1), int64(math.MaxInt64), 1000)
	f.Fuzz(func(t *testing.T, sku string, quantity, unitPrice int64, n int) {
		n = max(0, min(n, 1000))
		lines := make([]Line, n)
		for i := range lines {
			lines[i] = Line{sku, quantity, unitPrice}
		}
		quote, err := Price(lines, 1000)
		if err != nil {
			return
		}
		if want := quantity * unitPrice * int64(n); quote.Total != want || quote.Total < 0 {
			t.Errorf("%d lines of %d at %d: total %d, want %d", n, quantity, unitPrice, quote.Total, want)
		}
	})
}
