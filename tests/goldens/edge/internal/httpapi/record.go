package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"example.com/orders/internal/offline"
)

// Keep puts an answer of a route where the upstream will have it from.
type Keep func(ctx context.Context, route string, answer []byte) error

// Record keeps each answer as a record of its site.
func Record(site string, keep func(context.Context, []byte) error) Keep {
	type record struct {
		Site   string          `json:"site"`
		Time   time.Time       `json:"time"`
		Route  string          `json:"route"`
		Answer json.RawMessage `json:"answer,omitempty"`
	}
	return func(ctx context.Context, route string, answer []byte) (err error) {
		if len(answer) > 0 && !json.Valid(answer) {
			answer, _ = json.Marshal(string(answer))
		}
		data, err := json.Marshal(record{site, time.Now(), route, answer})
		if err != nil {
			return err
		}
		return keep(ctx, data)
	}
}

// keepAnswers holds each answer to a request that may change something until it is kept: whoever was given a price can
// rely on it that the upstream hears of it. Refusals and failures are not kept.
func keepAnswers(next http.Handler, keep ...Keep) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		answer := &held{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		status := cmp.Or(answer.status, http.StatusOK)
		for _, each := range keep {
			if status >= http.StatusMultipleChoices {
				break
			}
			if err := each(r.Context(), r.Pattern, answer.body.Bytes()); err != nil {
				notGiven(w, r, err)
				return
			}
		}
		w.WriteHeader(status)
		_, _ = w.Write(answer.body.Bytes())
	})
}

// held is an answer that is not sent yet.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int) { h.status = cmp.Or(h.status, status) }

func (h *held) Write(data []byte) (int, error) {
	h.status = cmp.Or(h.status, http.StatusOK)
	return h.body.Write(data)
}

// notGiven says that there is no answer, and whether there may be one later.
func notGiven(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := http.StatusServiceUnavailable, "no answer can be given now"
	if errors.Is(err, offline.ErrTooLarge) {
		status, detail = http.StatusRequestEntityTooLarge, "the answer is too large to be kept"
	}
	refuse(w, r, status, detail, err)
}
