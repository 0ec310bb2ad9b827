package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// dispatcher delivers at least once. Its count of tries lies in memory only, as Knative's does, so that it is lost
// with the process and with a partition.
type dispatcher struct {
	group, to, replies, deadLetters string

	retries, most    int
	backoff, timeout time.Duration
	ordered          bool

	client *kgo.Client
	slots  chan struct{}
}

// run consumes for ever. An offset is committed once it and all before it have an outcome.
func (d *dispatcher) run(ctx context.Context, options []kgo.Opt, topic string) error {
	d.slots = make(chan struct{}, d.most)
	d.client = client(append(options, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(d.group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.AutoCommitMarks(), kgo.AutoCommitInterval(200*time.Millisecond),
		kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond))...)
	queues := map[int32]chan settled{}
	for {
		fetches := d.client.PollRecords(ctx, d.most)
		if err := fetches.Err(); err != nil {
			log.Print(err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			queue := queues[record.Partition]
			if queue == nil {
				queue = make(chan settled, 100_000)
				queues[record.Partition] = queue
				go d.mark(queue)
			}
			queue <- d.begin(ctx, record)
		})
	}
}

// settled is a record on its way, and what ends when it has arrived.
type settled struct {
	record *kgo.Record
	done   chan struct{}
}

func (d *dispatcher) mark(queue <-chan settled) {
	for each := range queue {
		<-each.done
		d.client.MarkCommitRecords(each.record)
	}
}

func (d *dispatcher) begin(ctx context.Context, record *kgo.Record) settled {
	each := settled{record, make(chan struct{})}
	d.slots <- struct{}{}
	work := func() {
		defer func() { <-d.slots; close(each.done) }()
		d.settle(ctx, record)
	}
	if d.ordered {
		work()
	} else {
		go work()
	}
	return each
}

// settle tries until there is an outcome, and writes the reply or the dead letter down.
func (d *dispatcher) settle(ctx context.Context, record *kgo.Record) {
	wait := d.backoff
	for try := 0; ; try++ {
		status, header, body := d.post(ctx, record)
		switch {
		case status/100 == 2:
			if header.Get("Ce-Id") != "" && d.replies != "" {
				d.produce(ctx, reply(d.replies, header, body))
			}
			return
		case try == d.retries || !again(status):
			d.produce(ctx, deadLetter(d.deadLetters, record, status, body))
			return
		}
		time.Sleep(wait)
		wait *= 2
	}
}

func (d *dispatcher) produce(ctx context.Context, record *kgo.Record) {
	if err := d.client.ProduceSync(ctx, record).FirstErr(); err != nil {
		log.Fatal(err)
	}
}

// again says which codes Knative tries again: none, 404, 408, 409, 429 and 500 and above.
// (knative eventing pkg/kncloudevents/retries.go; eventing-kafka-broker WebClientCloudEventSender.isRetryableStatusCode)
func again(status int) bool {
	return status == 0 || status == 404 || status == 408 || status == 409 || status == 429 || status >= 500
}

// post returns the status of one delivery, 0 where there was no answer.
func (d *dispatcher) post(ctx context.Context, record *kgo.Record) (int, http.Header, []byte) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.to, bytes.NewReader(record.Value))
	if err != nil {
		log.Fatal(err)
	}
	for _, header := range record.Headers {
		if name, ok := strings.CutPrefix(header.Key, "ce_"); ok {
			req.Header.Set("Ce-"+name, url.PathEscape(string(header.Value)))
		} else {
			req.Header.Set(header.Key, string(header.Value))
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil, nil
	}
	return res.StatusCode, res.Header, body
}

func reply(topic string, header http.Header, body []byte) *kgo.Record {
	record := &kgo.Record{Topic: topic, Value: body}
	for name := range header {
		if attribute, ok := strings.CutPrefix(name, "Ce-"); ok {
			value, err := url.PathUnescape(header.Get(name))
			if err != nil {
				log.Fatal(err)
			}
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: "ce_" + strings.ToLower(attribute), Value: []byte(value)})
		}
	}
	return record
}

// deadLetter is the event in structured mode, as a KafkaSink writes it, and what was last said of it.
func deadLetter(topic string, record *kgo.Record, status int, body []byte) *kgo.Record {
	attributes, data := read1(record)
	event := maps.Clone(attributes)
	delete(event, "content-type")
	event["knativeerrorcode"] = strconv.Itoa(status)
	event["knativeerrordata"] = fmt.Sprintf("%.200q", body)
	if json.Valid(data) {
		event["data"] = data
	} else {
		event["data_base64"] = data
	}
	value, err := json.Marshal(event)
	if err != nil {
		log.Fatal(err)
	}
	media := kgo.RecordHeader{Key: "content-type", Value: []byte("application/cloudevents+json")}
	return &kgo.Record{Topic: topic, Key: record.Key, Value: value, Headers: []kgo.RecordHeader{media}}
}
