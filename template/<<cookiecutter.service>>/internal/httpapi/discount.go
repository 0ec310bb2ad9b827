package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Discounts is what the example's model knows: from how many pieces on a basket is so many percent cheaper. This file
// is yours: no update touches it.
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

var inUse func() *Discounts // nil where the service has no model

// UseDiscounts says, before anything is served, which version is in use.
func UseDiscounts(current func() *Discounts) { inUse = current }

// discount is what the model in use takes off a basket of so many pieces, rounded down to whole cents, and its version.
func discount(total, pieces int64) (off int64, version string, err error) {
	if inUse == nil {
		return 0, "", nil
	}
	d := inUse()
	if d == nil {
		return 0, "", errors.New("no model")
	}
	var percent int64
	for _, s := range d.steps {
		if pieces >= s.Pieces {
			percent = s.Percent
		}
	}
	return total/100*percent + total%100*percent/100, d.version, nil
}
