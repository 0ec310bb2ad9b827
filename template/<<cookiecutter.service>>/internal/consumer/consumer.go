// Package consumer brings the events of a Kafka topic to the function, over HTTP and on this machine: so an event is
// met by the same deadline, limit, metrics and traces whoever brings it, and curl can bring one too.
//
// Offsets are committed once every event of a batch has its result or lies with the dead letters. A consumer that is
// killed before that leaves them to another one, and the function knows what is done already.
package consumer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/function"
	"<< cookiecutter.module >>/internal/memory"
)

// The wait after a failed delivery: twice as long each time.
const (
	firstWait = 100 * time.Millisecond
	maxWait   = 10 * time.Second
)

// Run consumes until ctx ends, while serve serves. Serving ends last: what is in flight needs it.
func Run(ctx context.Context, cfg config.Config, serve func(context.Context) error) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(cfg.Brokers, ",")...),
		kgo.ConsumerGroup(cfg.Group),
		kgo.ConsumeTopics(cfg.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.FetchMaxBytes(memory.Fetch()),
		kgo.FetchMaxPartitionBytes(memory.Fetch()),
		kgo.MaxConcurrentFetches(1),
		kgo.BlockRebalanceOnPoll(), // a batch is finished before its partitions go to another consumer
	)
	if err != nil {
		return fmt.Errorf("consumer: %w", err)
	}
	defer client.CloseAllowingRebalance()
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	consuming, give := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { defer give(); served <- serve(serving) }()
	(&consumer{client, cfg, address(cfg.Addr)}).run(consuming)
	stop()
	return <-served
}

// address returns the URL at which a listener answers on this machine.
func address(listener string) string {
	host, port, err := net.SplitHostPort(listener)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		listener = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + listener
}

type consumer struct {
	client *kgo.Client
	cfg    config.Config
	url    string
}

// run takes batch after batch until ctx ends. The one in hand is then finished, as far as the drain allows.
func (c *consumer) run(ctx context.Context) {
	for {
		fetches := c.client.PollRecords(ctx, c.cfg.MaxInFlight)
		if ctx.Err() != nil {
			c.client.AllowRebalance()
			return
		}
		fetches.EachError(func(topic string, partition int32, err error) {
			slog.WarnContext(ctx, "cannot read", "topic", topic, "partition", partition, "error", err)
		})
		if err := c.batch(ctx, fetches.Records()); err != nil {
			slog.WarnContext(ctx, "batch not finished, it will come again", "error", err)
		}
		c.client.AllowRebalance()
	}
}

// batch settles all records at once, and then commits them.
func (c *consumer) batch(ctx context.Context, records []*kgo.Record) error {
	ctx, cancel := withGrace(ctx, c.cfg.DrainTimeout)
	defer cancel()
	var all sync.WaitGroup
	failed := make([]error, len(records))
	for i, record := range records {
		all.Go(func() { failed[i] = c.settle(ctx, record) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return c.client.CommitRecords(ctx, records...)
}

// withGrace returns a context that ends some time after its parent.
func withGrace(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// settle delivers a record until that has an outcome, and writes down the outcome: the reply or the dead letter.
func (c *consumer) settle(ctx context.Context, record *kgo.Record) error {
	for wait, failures := firstWait, 1; ; wait, failures = min(2*wait, maxWait), failures+1 {
		outcome, err := c.deliver(ctx, record)
		if err == nil {
			err = c.client.ProduceSync(ctx, outcome).FirstErr()
		}
		if err == nil {
			return nil
		}
		if failures&(failures-1) == 0 { // the first, second, fourth, eighth, and so on
			slog.WarnContext(ctx, "delivery failed", "offset", record.Offset, "partition", record.Partition, "failures", failures, "error", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// deliver posts a record and returns the record that follows from it. An error is worth another try.
func (c *consumer) deliver(ctx context.Context, record *kgo.Record) (*kgo.Record, error) {
	req, err := request(ctx, c.url, record)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	switch {
	case res.StatusCode == http.StatusOK:
		return reply(c.cfg.Replies, record.Key, res.Header, body), nil
	case again(res.StatusCode):
		return nil, fmt.Errorf("%s: %s", res.Status, body)
	}
	slog.WarnContext(ctx, "to the dead letters", "offset", record.Offset, "partition", record.Partition, "status", res.StatusCode)
	return deadLetter(c.cfg.DeadLetters, record, res.StatusCode, body), nil
}

// again reports whether a status asks for another try, as it does where Knative delivers.
func again(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// request turns a record into a request: both modes of CloudEvents differ only in how headers are called and written.
func request(ctx context.Context, url string, record *kgo.Record) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(record.Value))
	if err != nil {
		return nil, err
	}
	for _, header := range record.Headers {
		if name, ok := strings.CutPrefix(header.Key, "ce_"); ok {
			req.Header.Set("Ce-"+name, function.Escape(string(header.Value)))
		} else if header.Key == "content-type" {
			req.Header.Set("Content-Type", string(header.Value))
		}
	}
	return req, nil
}

// reply turns the function's answer into a record.
func reply(topic string, key []byte, header http.Header, body []byte) *kgo.Record {
	record := &kgo.Record{Topic: topic, Key: key, Value: body}
	for name := range header {
		if attribute, ok := strings.CutPrefix(name, "Ce-"); ok {
			value, _ := url.PathUnescape(header.Get(name)) // escaped by ourselves
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: "ce_" + strings.ToLower(attribute), Value: []byte(value)})
		}
	}
	record.Headers = append(record.Headers, kgo.RecordHeader{Key: "content-type", Value: []byte(header.Get("Content-Type"))})
	return record
}

// deadLetter is the record as it came, and why it is here.
func deadLetter(topic string, record *kgo.Record, status int, reason []byte) *kgo.Record {
	return &kgo.Record{Topic: topic, Key: record.Key, Value: record.Value, Headers: append(record.Headers[:len(record.Headers):len(record.Headers)],
		kgo.RecordHeader{Key: "error-code", Value: []byte(strconv.Itoa(status))},
		kgo.RecordHeader{Key: "error", Value: reason[:min(len(reason), 1024)]})}
}
