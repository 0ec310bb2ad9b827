package httpapi

import "testing"

func TestTheModelMakesManyPiecesCheaper(t *testing.T) {
	discounts, err := ReadDiscounts("v3", []byte(`[{"pieces": 10, "percent": 3}, {"pieces": 100, "percent": 8}]`))
	if err != nil {
		t.Fatal(err)
	}
	UseDiscounts(func() *Discounts { return discounts })
	defer UseDiscounts(nil)
	for pieces, want := range map[int64]int64{9: 0, 10: 2, 1000: 560} {
		if off, version, err := discount(7*pieces, pieces); off != want || version != "v3" || err != nil {
			t.Errorf("%d pieces: got %d of %s, %v, want %d", pieces, off, version, err, want)
		}
	}
}

func TestWithoutAModelThereIsNoDiscount(t *testing.T) {
	if off, _, err := discount(700, 1000); off != 0 || err != nil {
		t.Errorf("a service without one: got %d, %v", off, err)
	}
	UseDiscounts(func() *Discounts { return nil })
	defer UseDiscounts(nil)
	if _, _, err := discount(700, 1000); err == nil {
		t.Error("a service that has none yet answers")
	}
}

func TestDiscountsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, data := range []string{"", "{}", `[{"pieces": 1, "percent": 101}]`, `[{"pieces": 1, "percent": -1}]`, `[{"pieces": 2}, {"pieces": 2}]`} {
		if _, err := ReadDiscounts("v3", []byte(data)); err == nil {
			t.Errorf("%s is taken", data)
		}
	}
}
