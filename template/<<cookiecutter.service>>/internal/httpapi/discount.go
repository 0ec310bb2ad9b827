package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Discounts is what the example's model knows: from how many pieces on a basket is so many percent cheaper.
type Discounts struct {
	version string
	steps   []step
}

type step struct {
	Pieces  int64 `json:"pieces"`
	Percent int64 `json:"percent"`
}

// ReadDiscounts reads a version of the model. One that makes no sense must not be taken, whoever signed it.
func ReadDiscounts(version string, data []byte) (*Discounts, error) {
	d := &Discounts{version: version}
	if err := json.Unmarshal(data, &d.steps); err != nil {
		return nil, err
	}
	for i, s := range d.steps {
		if s.Percent < 0 || s.Percent > 100 || i > 0 && s.Pieces <= d.steps[i-1].Pieces {
			return nil, fmt.Errorf("step %d: %d percent from %d pieces on", i, s.Percent, s.Pieces)
		}
	}
	return d, nil
}

// Discount makes baskets cheaper by the model in use. The discount is rounded down, to whole cents.
func Discount(current func() *Discounts) Hook {
	return func(_ context.Context, q *quote) error {
		d := current()
		if d == nil {
			return errors.New("no model")
		}
		q.Model, q.Discount = d.version, q.Total/100*d.percent(q)+q.Total%100*d.percent(q)/100
		q.Total -= q.Discount
		return nil
	}
}

func (d *Discounts) percent(q *quote) (percent int64) {
	var pieces int64
	for _, l := range q.Lines {
		pieces += l.Quantity
	}
	for _, s := range d.steps {
		if pieces >= s.Pieces {
			percent = s.Percent
		}
	}
	return percent
}
