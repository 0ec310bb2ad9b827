package httpapi

import (
	"fmt"
	"net/http"

	"<< cookiecutter.module >>/internal/deps"
)

// The example: it prices a basket of goods. It is yours to replace: delete this file and quotes_test.go, and the lines
// that name them in routes.go and in internal/config/own.go.
//
// Amounts are integers in the currency's minor unit (cents), so nothing is ever rounded, and the same
// lines give the same quote on every replica.

// index lists the example's routes for whoever opens the service in a browser.
func index(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string][]string{"routes": {"POST /v1/quotes"}})
}

// createQuote prices the basket in the body.
func createQuote(d *deps.Deps) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var basket struct {
			Lines []line `json:"lines"`
		}
		if err := decode(r, &basket); err != nil {
			status, detail := refusal(err)
			writeProblem(w, status, detail)
			return
		}
		priced, err := price(basket.Lines, d.Settings().QuoteMaxLines)
		if err != nil {
			writeProblem(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
<% if cookiecutter.edge_model %>
		if err := priced.reduce(); err != nil {
			refuse(w, http.StatusServiceUnavailable, "no quote can be given now", err)
			return
		}
<% endif %>
		writeJSON(w, http.StatusOK, priced)
	}
}

// Bounds of a line. maxQuantity x maxUnitPrice x 1000 lines stays within an int64.
const (
	maxQuantity  = 1_000_000
	maxUnitPrice = 1_000_000_000
)

// line is one position of a basket.
type line struct {
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	UnitPrice int64  `json:"unit_price"`
}

// pricedLine is a line with its amount.
type pricedLine struct {
	line
	Amount int64 `json:"amount"`
}

// quote is a priced basket.
type quote struct {
	Lines []pricedLine `json:"lines"`
	Total int64        `json:"total"`
<% if cookiecutter.edge_model %>

	Discount int64  `json:"discount,omitempty"`
	Model    string `json:"model,omitempty"`
<% endif %>
}
<% if cookiecutter.edge_model %>

// reduce takes the model's discount off.
func (q *quote) reduce() (err error) {
	var pieces int64
	for _, l := range q.Lines {
		pieces += l.Quantity
	}
	q.Discount, q.Model, err = discount(q.Total, pieces)
	q.Total -= q.Discount
	return err
}
<% endif %>

// price adds up a basket of 1 to maxLines lines. Its errors are meant for the caller of the API.
func price(lines []line, maxLines int) (quote, error) {
	if len(lines) == 0 || len(lines) > maxLines {
		return quote{}, fmt.Errorf("lines: want 1 to %d, got %d", maxLines, len(lines))
	}
	basket := quote{Lines: make([]pricedLine, 0, len(lines))}
	for i, l := range lines {
		if err := l.validate(); err != nil {
			return quote{}, fmt.Errorf("lines[%d].%w", i, err)
		}
		amount := l.Quantity * l.UnitPrice
		basket.Lines = append(basket.Lines, pricedLine{l, amount})
		basket.Total += amount
	}
	return basket, nil
}

func (l line) validate() error {
	switch {
	case l.SKU == "" || len(l.SKU) > 64:
		return fmt.Errorf("sku: want 1 to 64 bytes, got %d", len(l.SKU))
	case l.Quantity < 1 || l.Quantity > maxQuantity:
		return fmt.Errorf("quantity: want 1 to %d, got %d", maxQuantity, l.Quantity)
	case l.UnitPrice < 0 || l.UnitPrice > maxUnitPrice:
		return fmt.Errorf("unit_price: want 0 to %d, got %d", maxUnitPrice, l.UnitPrice)
	}
	return nil
}
