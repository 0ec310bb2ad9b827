// Package consumer brings the events of a Kafka topic to the function, over HTTP and on this machine: so an event is
// met by the same deadline, limit, metrics and traces whoever brings it, and curl can bring one too.
//
// Each partition goes on by itself, and is committed up to its first event that has neither a result nor lies with the
// dead letters. What comes after that one is brought again to whoever has the partition next, and the function knows
// what is done already.
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
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
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

const (
	answer  = 5 * time.Second  // what the function has beyond an event's deadline, to say that it took too long
	handing = 45 * time.Second // to notice a rebalance, to commit, and to say that the partitions are free
)

// Run consumes until ctx ends, while serve serves. Serving ends last: what is in flight needs it.
func Run(ctx context.Context, cfg config.Config, serve func(context.Context) error) error {
	consuming, give := context.WithCancel(ctx)
	defer give()
	work, cancel := withGrace(consuming, cfg.DrainTimeout)
	defer cancel()
	c := newConsumer(consuming, work, cfg)
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(cfg.Brokers, ",")...),
		kgo.ConsumerGroup(cfg.Group),
		kgo.ConsumeTopics(cfg.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(time.Second),
		// What is in flight ends before its partition goes to another consumer, which would else do it again.
		kgo.RebalanceTimeout(c.longest()+handing),
		kgo.OnPartitionsAssigned(c.assigned),
		kgo.OnPartitionsRevoked(c.revoked),
		kgo.OnPartitionsLost(c.lost),
		kgo.FetchMaxBytes(memory.Fetch()),
		kgo.FetchMaxPartitionBytes(memory.Fetch()),
		kgo.MaxConcurrentFetches(1),
		kgo.MaxDecompressBatchBytes(memory.Batch()), // a longer one holds its partition, and is logged
	)
	if err != nil {
		return fmt.Errorf("consumer: %w", err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { defer give(); served <- serve(serving) }()
	c.run(consuming, client)
	client.Close()
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

// withGrace returns a context that ends some time after its parent.
func withGrace(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

type consumer struct {
	*partitions

	work  context.Context // ends deliveries that are in flight
	cfg   config.Config
	url   string
	http  *http.Client
	slots chan struct{} // one for each event that the function may work on
}

func newConsumer(ctx, work context.Context, cfg config.Config) *consumer {
	return &consumer{
		partitions: newPartitions(ctx, cfg.MaxInFlight),
		work:       work, cfg: cfg, url: address(cfg.Addr),
		http:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: cfg.MaxInFlight}},
		slots: make(chan struct{}, cfg.MaxInFlight),
	}
}

// longest is what a delivery takes at most.
func (c *consumer) longest() time.Duration { return c.cfg.RequestTimeout + answer }

// run takes event after event until ctx ends, and then lets what is in flight end. An event that waits for its next
// try takes no slot, so that those of other partitions go on.
func (c *consumer) run(ctx context.Context, client *kgo.Client) {
	for ctx.Err() == nil {
		c.wait()
		fetches := client.PollRecords(ctx, 1)
		if ctx.Err() == nil {
			fetches.EachError(func(topic string, partition int32, err error) {
				slog.WarnContext(ctx, "cannot read", "topic", topic, "partition", partition, "error", err)
			})
		}
		record, ours := c.take(client, fetches)
		switch {
		case !ours:
		case c.enter(record):
			go func() { record.end(client, c.settle(client, record)) }()
		default:
			record.end(client, false)
		}
	}
	c.release(client, c.all())
}

// enter waits for a slot, unless the event's partition goes before.
func (c *consumer) enter(record *taken) bool {
	select {
	case c.slots <- struct{}{}:
		return true
	case <-record.partition.held.Done():
		return false
	}
}

// settle brings an event to the function until it has an outcome, and reports whether it has one: where its partition
// goes before, it is left to whoever has that next.
func (c *consumer) settle(client *kgo.Client, record *taken) bool {
	for wait, failures := firstWait, 1; ; wait, failures = min(2*wait, maxWait), failures+1 {
		err := c.try(client, record.Record)
		<-c.slots
		if err == nil {
			return true
		}
		if failures&(failures-1) == 0 { // the first, second, fourth, eighth, and so on
			slog.WarnContext(c.work, "delivery failed", "offset", record.Offset, "partition", record.Partition, "failures", failures, "error", err)
		}
		record.failed(client)
		select {
		case <-record.partition.held.Done():
			return false
		case <-time.After(wait):
		}
		if !c.enter(record) {
			return false
		}
	}
}

// try delivers a record once and writes down the outcome: the reply or the dead letter.
func (c *consumer) try(client *kgo.Client, record *kgo.Record) error {
	ctx, cancel := context.WithTimeout(c.work, c.longest())
	defer cancel()
	outcome, err := c.deliver(ctx, record)
	if err != nil {
		return err
	}
	err = client.ProduceSync(ctx, outcome).FirstErr()
	if errors.Is(err, kerr.MessageTooLarge) && outcome.Topic != c.cfg.DeadLetters {
		err = client.ProduceSync(ctx, c.letter(ctx, record, http.StatusRequestEntityTooLarge, []byte("the reply is longer than what Kafka takes"))).FirstErr()
	}
	if errors.Is(err, kerr.MessageTooLarge) {
		// With the reason it is longer than what Kafka takes: only where it lies is told.
		why := fmt.Sprintf("too long for a dead letter: offset %d of partition %d", record.Offset, record.Partition)
		err = client.ProduceSync(ctx, deadLetter(c.cfg.DeadLetters, &kgo.Record{Key: record.Key}, http.StatusRequestEntityTooLarge, []byte(why))).FirstErr()
	}
	return err
}

// letter returns a dead letter, and logs that there is one.
func (c *consumer) letter(ctx context.Context, record *kgo.Record, status int, reason []byte) *kgo.Record {
	slog.WarnContext(ctx, "to the dead letters", "offset", record.Offset, "partition", record.Partition, "status", status)
	return deadLetter(c.cfg.DeadLetters, record, status, reason)
}

// deliver posts a record and returns the record that follows from it. An error is worth another try.
func (c *consumer) deliver(ctx context.Context, record *kgo.Record) (*kgo.Record, error) {
	req, err := request(ctx, c.url, record)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
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
	return c.letter(ctx, record, res.StatusCode, body), nil
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
