package offline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	attempt  = 10 * time.Second // for one delivery; a link that is down often says nothing at all
	firstTry = time.Second      // after a failure; twice as long after each further one
	lastTry  = 60 * time.Second // at most, so that a link that is back is used soon
)

// Forwarder delivers the records of a queue over HTTP: in order, one at a time, each at least once. The upstream knows
// a record that it has already by the Idempotency-Key.
type Forwarder struct {
	queue  *Queue
	url    string
	log    *slog.Logger
	client *http.Client

	Delivered, Refused, Failed atomic.Int64 // records, records, attempts
}

// NewForwarder returns one that posts to url.
func NewForwarder(queue *Queue, url string, log *slog.Logger) *Forwarder {
	return &Forwarder{queue: queue, url: url, log: log, client: &http.Client{
		Timeout: attempt,
		// A login page of some network on the way would else be taken for the upstream.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Run delivers until ctx ends. After a failure it waits ever longer, with jitter, since the sites whose link comes
// back together must not all send at once. The first, second, fourth, eighth failure in a row is logged, and so on.
func (f *Forwarder) Run(ctx context.Context) {
	failures, delay := 0, firstTry
	for ctx.Err() == nil {
		err := f.forward(ctx)
		if err == nil {
			if failures > 0 {
				f.log.Info("records are delivered again")
			}
			failures, delay = 0, firstTry
			continue
		}
		if ctx.Err() != nil {
			return
		}
		f.Failed.Add(1)
		if failures++; failures&(failures-1) == 0 {
			f.log.Warn("no record delivered, they wait", "error", err, "failures", failures)
		}
		select {
		case <-ctx.Done():
		case <-time.After(delay/2 + rand.N(delay/2)): // #nosec G404 -- nothing secret
		}
		delay = min(2*delay, lastTry)
	}
}

// forward delivers one record. One that the upstream will never take must not hold up all that come after it.
func (f *Forwarder) forward(ctx context.Context) error {
	record, err := f.queue.Next(ctx)
	if err != nil {
		return fmt.Errorf("read the queue: %w", err)
	}
	status, err := f.post(ctx, record)
	switch {
	case err != nil:
		return fmt.Errorf("upstream not reached: %w", err)
	case status/100 == 2:
		f.Delivered.Add(1)
	case status == http.StatusBadRequest, status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity:
		f.Refused.Add(1)
		f.log.Error("record refused by the upstream, and dropped", "status", status, "key", record.Key)
	default:
		return fmt.Errorf("the upstream answered %d", status)
	}
	f.queue.Delivered(record)
	return nil
}

func (f *Forwarder) post(ctx context.Context, record Record) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, bytes.NewReader(record.Data))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", `"`+record.Key+`"`)
	res, err := f.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, 64*1024) // so that the connection can be used again
	return res.StatusCode, nil
}
