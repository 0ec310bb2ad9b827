package httpapi

import (
	"context"
	"encoding/json"
	"time"
)

// Hook sees a quote before it is answered, and may change it. Where it fails the quote is not given.
type Hook func(ctx context.Context, q *quote) error

// Record keeps each quote: whoever was given a price can rely on it that the upstream hears of it.
func Record(site string, keep func(context.Context, []byte) error) Hook {
	type record struct {
		Site string    `json:"site"`
		Time time.Time `json:"time"`
		*quote
	}
	return func(ctx context.Context, q *quote) error {
		data, err := json.Marshal(record{site, time.Now(), q})
		if err != nil {
			return err
		}
		return keep(ctx, data)
	}
}
