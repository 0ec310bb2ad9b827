package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"<< cookiecutter.module >>/internal/offline"
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

// notGiven says that there is no quote, and whether there may be one later.
func notGiven(w http.ResponseWriter, err error) {
	status, detail := http.StatusServiceUnavailable, "no quote can be given now"
	if errors.Is(err, offline.ErrTooLarge) {
		status, detail = http.StatusRequestEntityTooLarge, "the quote is too large to be kept"
	}
	refuse(w, status, detail, err)
}
