// Package quote prices a basket of goods. It is pure: the same lines give the same quote on every
// replica. Amounts are integers in the currency's minor unit (cents), so nothing is ever rounded.
package quote

import "fmt"

// Bounds of a line. MaxQuantity x MaxUnitPrice x 1000 lines stays within an int64.
const (
	MaxQuantity  = 1_000_000
	MaxUnitPrice = 1_000_000_000
)

// Line is one position of a basket.
type Line struct {
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	UnitPrice int64  `json:"unit_price"`
}

// PricedLine is a line with its amount.
type PricedLine struct {
	Line
	Amount int64 `json:"amount"`
}

// Quote is a priced basket.
type Quote struct {
	Lines []PricedLine `json:"lines"`
	Total int64        `json:"total"`
}

// Price adds up a basket of 1 to maxLines lines. Its errors are meant for the caller of the API.
func Price(lines []Line, maxLines int) (Quote, error) {
	if len(lines) == 0 || len(lines) > maxLines {
		return Quote{}, fmt.Errorf("lines: want 1 to %d, got %d", maxLines, len(lines))
	}
	quote := Quote{Lines: make([]PricedLine, 0, len(lines))}
	for i, line := range lines {
		if err := line.validate(); err != nil {
			return Quote{}, fmt.Errorf("lines[%d].%w", i, err)
		}
		amount := line.Quantity * line.UnitPrice
		quote.Lines = append(quote.Lines, PricedLine{Line: line, Amount: amount})
		quote.Total += amount
	}
	return quote, nil
}

func (l Line) validate() error {
	switch {
	case l.SKU == "" || len(l.SKU) > 64:
		return fmt.Errorf("sku: want 1 to 64 bytes, got %d", len(l.SKU))
	case l.Quantity < 1 || l.Quantity > MaxQuantity:
		return fmt.Errorf("quantity: want 1 to %d, got %d", MaxQuantity, l.Quantity)
	case l.UnitPrice < 0 || l.UnitPrice > MaxUnitPrice:
		return fmt.Errorf("unit_price: want 0 to %d, got %d", MaxUnitPrice, l.UnitPrice)
	}
	return nil
}
