// Command replay sends dead letters back to the topic that they came from, once what made them fail is mended. Each is
// sent once: the consumer group remembers. An event keeps its id, so that what is done already stays so.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	brokers := flag.String("brokers", "localhost:9092", "`addresses` of Kafka, separated by commas")
	from := flag.String("from", "<< cookiecutter.service >>-dead-letters", "`topic` of the dead letters")
	to := flag.String("to", "<< cookiecutter.service >>-uploads", "`topic` to send them to")
	idle := flag.Duration("idle", 10*time.Second, "`time` without a dead letter after which all are sent")
	flag.Parse()
	sent, err := replay(ctx, strings.Split(*brokers, ","), *from, *to, *idle)
	stop()
	fmt.Printf("%d dead letters sent from %s to %s\n", sent, *from, *to)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// replay sends one batch after the other, and returns how many dead letters it sent. If it is killed, a batch may be
// sent twice, which the function is made for.
func replay(ctx context.Context, brokers []string, from, to string, idle time.Duration) (sent int, err error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumerGroup("replay-"+from),
		kgo.ConsumeTopics(from),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	for {
		records, err := next(ctx, client, idle)
		if err != nil || len(records) == 0 {
			return sent, err
		}
		again := make([]*kgo.Record, len(records))
		for i, record := range records {
			if again[i], err = renew(record, to); err != nil {
				return sent, fmt.Errorf("offset %d of partition %d: %w", record.Offset, record.Partition, err)
			}
		}
		if err := errors.Join(client.ProduceSync(ctx, again...).FirstErr(), client.CommitRecords(ctx, records...)); err != nil {
			return sent, err
		}
		sent += len(records)
	}
}

// next returns dead letters, none after an idle time.
func next(ctx context.Context, client *kgo.Client, idle time.Duration) ([]*kgo.Record, error) {
	waiting, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	fetches := client.PollRecords(waiting, 100)
	if ctx.Err() == nil && waiting.Err() != nil {
		return nil, nil
	}
	return fetches.Records(), fetches.Err()
}

// renew makes a fresh event of a dead letter: without what was said about its failure, and with one more replay, so
// that its attempts are counted anew.
func renew(dead *kgo.Record, to string) (*kgo.Record, error) {
	fresh := &kgo.Record{Topic: to, Key: dead.Key, Value: dead.Value}
	replays, structured := 0, false
	for _, header := range dead.Headers {
		switch {
		case header.Key == "ce_replay":
			replays, _ = strconv.Atoi(string(header.Value))
		case header.Key == "content-type" && strings.HasPrefix(string(header.Value), "application/cloudevents+json"):
			structured = true
			fresh.Headers = append(fresh.Headers, header)
		case !aboutFailure(header.Key):
			fresh.Headers = append(fresh.Headers, header)
		}
	}
	if !structured {
		fresh.Headers = append(fresh.Headers, kgo.RecordHeader{Key: "ce_replay", Value: []byte(strconv.Itoa(replays + 1))})
		return fresh, nil
	}
	var event map[string]json.RawMessage
	if err := json.Unmarshal(dead.Value, &event); err != nil {
		return nil, err
	}
	for name := range event {
		if aboutFailure(name) {
			delete(event, name)
		}
	}
	_ = json.Unmarshal(event["replay"], &replays)
	event["replay"] = json.RawMessage(strconv.Itoa(replays + 1))
	var err error
	fresh.Value, err = json.Marshal(event)
	return fresh, err
}

// aboutFailure reports whether an attribute was added with the dead letter: by Knative, or by a consumer of our own.
func aboutFailure(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, "ce_"), "knativeerror") || name == "error" || name == "error-code"
}
