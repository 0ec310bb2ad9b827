package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// batches are those that take most memory to be read: how many events of which size, what they are sent by.
var batches = map[string]struct {
	events, size int
	codec        kgo.CompressionCodec
}{
	"large":  {1, 999_000, kgo.NoCompression()},
	"tiny":   {100_000, 1, kgo.NoCompression()},
	"packed": {1, 90 << 20, kgo.GzipCompression()},
}

// flood fills some partitions of a topic with a batch each. None of it is an event of CloudEvents.
func flood(options []kgo.Opt, topic, shape string, partitions []int32) error {
	batch := batches[shape]
	client := client(append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(time.Minute),
		kgo.ProducerBatchMaxBytes(int32(max(1_000_000, 2*batch.size))), kgo.MaxBufferedRecords(1<<20), kgo.BrokerMaxWriteBytes(1<<30),
		kgo.ProducerBatchCompression(batch.codec))...)
	value := bytes.Repeat([]byte("0"), batch.size)
	failed := make(chan error, 1)
	for _, partition := range partitions {
		for range batch.events {
			client.Produce(context.Background(), &kgo.Record{Topic: topic, Partition: partition, Value: value}, func(_ *kgo.Record, err error) {
				if err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			})
		}
		if err := client.Flush(context.Background()); err != nil {
			return err
		}
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// count prints how many records a topic has.
func count(client *kgo.Client, topic string) error {
	ends, err := kadm.NewClient(client).ListEndOffsets(context.Background(), topic)
	var sum int64
	ends.Each(func(end kadm.ListedOffset) { sum += end.Offset })
	fmt.Println(sum)
	return err
}
