package httpapi

import (
	"fmt"
	"net/http"

	"<< cookiecutter.module >>/internal/deps"
)

// The example: it prices a basket of goods, in whole cents. Put your own in its place: delete this file and its test,
// and its lines in routes.go and in internal/config/own.go.

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
<% if cookiecutter.__model %>
		if err := priced.reduce(); err != nil {
			refuse(w, r, http.StatusServiceUnavailable, "no quote can be given now", err)
			return
		}
<% endif %>
		writeJSON(w, http.StatusOK, priced)
	}
}

// line is one position of a basket. Its amount is ours to say.
type line struct {
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	UnitPrice int64  `json:"unit_price"`
	Amount    int64  `json:"amount"`
}

// quote is a priced basket.
type quote struct {
	Lines []line `json:"lines"`
	Total int64  `json:"total"`
<% if cookiecutter.__model %>

	Discount int64  `json:"discount,omitempty"`
	Model    string `json:"model,omitempty"`
<% endif %>
}
<% if cookiecutter.__model %>

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

const most = 1_000_000 // of a quantity and of a price: a thousand such lines stay within an int64

// price adds up a basket of 1 to maxLines lines. Its errors are meant for the caller of the API.
func price(lines []line, maxLines int) (q quote, err error) {
	if len(lines) == 0 || len(lines) > maxLines {
		return quote{}, fmt.Errorf("lines: want 1 to %d, got %d", maxLines, len(lines))
	}
	for i, l := range lines {
		if l.SKU == "" || l.Quantity < 1 || l.Quantity > most || l.UnitPrice < 0 || l.UnitPrice > most {
			return quote{}, fmt.Errorf("lines[%d]: want a sku, a quantity from 1 and a unit_price from 0, to %d each", i, most)
		}
		l.Amount = l.Quantity * l.UnitPrice
		q.Lines = append(q.Lines, l)
		q.Total += l.Amount
	}
	return q, nil
}
