// Command platform stands for what Knative Eventing does between Kafka and a function, by its documented rules:
//
//	platform topics  -brokers B NAME:PARTITIONS...   make topics
//	platform broker  -port P                         be a Kafka of one broker, in memory, until it is killed
//	platform objects -port P                         be an S3 API, in memory, until it is killed
//	platform tell    -brokers B -topic T             produce an event for each line of the input, "ID KEY"; -partition for one of them only
//	platform deliver -brokers B -topic T -to URL ... bring events to the function until it is killed
//	platform read    -brokers B -topic T             print every record of a topic as a line of JSON
//	platform count   -brokers B -topic T             print how many records a topic has
//	platform flood   -brokers B -topic T -partition N -until M SHAPE   fill the partitions from N to below M
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	log.SetFlags(log.Lmicroseconds)
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	brokers := flags.String("brokers", "", "")
	topic := flags.String("topic", "", "")
	var d dispatcher
	flags.StringVar(&d.group, "group", "platform", "")
	flags.StringVar(&d.to, "to", "", "")
	flags.StringVar(&d.replies, "replies", "", "")
	flags.StringVar(&d.deadLetters, "dead-letters", "", "")
	flags.IntVar(&d.retries, "retries", 5, "further tries after the first")
	flags.DurationVar(&d.backoff, "backoff", time.Second, "before the first further try, then twice as long each time")
	flags.DurationVar(&d.timeout, "timeout", time.Minute, "of each try")
	flags.BoolVar(&d.ordered, "ordered", false, "a partition's events one after the other")
	flags.IntVar(&d.most, "most", 32, "events in flight")
	port := flags.Int("port", 0, "")
	partition := flags.Int("partition", -1, "")
	until := flags.Int("until", 0, "")
	_ = flags.Parse(os.Args[2:])
	options := []kgo.Opt{kgo.SeedBrokers(*brokers), kgo.DefaultProduceTopic(*topic), kgo.ProducerLinger(0), kgo.ProducerBatchMaxBytes(1 << 20)}
	if *partition >= 0 {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	var err error
	switch os.Args[1] {
	case "topics":
		err = topics(client(options...), flags.Args())
	case "tell":
		err = tell(client(options...), int32(max(*partition, 0)))
	case "objects":
		err = serve(*port)
	case "broker":
		if _, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(*port)); err == nil {
			select {}
		}
	case "deliver":
		err = d.run(context.Background(), options, *topic)
	case "count":
		err = count(client(options...), *topic)
	case "flood":
		var partitions []int32
		for each := *partition; each < *until; each++ {
			partitions = append(partitions, int32(each))
		}
		err = flood(options, *topic, flags.Arg(0), partitions)
	case "read":
		err = read(options, *topic)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(options...)
	if err != nil {
		log.Fatal(err)
	}
	return made
}

func topics(client *kgo.Client, wanted []string) error {
	for _, each := range wanted {
		name, count, _ := strings.Cut(each, ":")
		partitions, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		made, err := kadm.NewClient(client).CreateTopic(context.Background(), int32(partitions), 1, nil, name)
		if err != nil || made.Err != nil {
			return fmt.Errorf("%s: %w %w", name, err, made.Err)
		}
	}
	return nil
}

// tell produces an upload event for each line, in the two modes of CloudEvents by turns. A key that starts with a brace
// is the data itself.
func tell(client *kgo.Client, partition int32) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		id, key, _ := strings.Cut(lines.Text(), " ")
		data := json.RawMessage(key)
		if !strings.HasPrefix(key, "{") {
			data, _ = json.Marshal(map[string]string{"bucket": "uploads", "key": key})
		}
		record := event(id, data, n%2 == 0)
		record.Partition = partition // heeded only where one was named
		client.Produce(context.Background(), record, func(_ *kgo.Record, err error) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(id)
		})
	}
	return client.Flush(context.Background())
}

func event(id string, data json.RawMessage, binary bool) *kgo.Record {
	attributes := map[string]any{"specversion": "1.0", "id": id, "source": "/tests", "type": "upload.created"}
	if binary {
		record := &kgo.Record{Key: []byte(id), Value: data, Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/json")}}}
		for name, value := range attributes {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: "ce_" + name, Value: []byte(value.(string))})
		}
		return record
	}
	attributes["data"] = data
	value, _ := json.Marshal(attributes)
	media := kgo.RecordHeader{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")}
	return &kgo.Record{Key: []byte(id), Value: value, Headers: []kgo.RecordHeader{media}}
}

// read prints what is in a topic now.
func read(options []kgo.Opt, topic string) error {
	ctx := context.Background()
	client := client(append(options, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	var left int64
	ends.Each(func(end kadm.ListedOffset) { left += end.Offset })
	out := json.NewEncoder(os.Stdout)
	for left > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			left--
			attributes, data := read1(record)
			if err := out.Encode(map[string]any{"attributes": attributes, "data": data}); err != nil {
				return err
			}
		}
	}
	return nil
}

// read1 returns the attributes of an event and its data, whichever mode it is in.
func read1(record *kgo.Record) (map[string]any, json.RawMessage) {
	attributes := map[string]any{}
	for _, header := range record.Headers {
		attributes[strings.TrimPrefix(header.Key, "ce_")] = string(header.Value)
	}
	if media, _ := attributes["content-type"].(string); !strings.HasPrefix(media, "application/cloudevents+json") {
		return attributes, record.Value
	}
	_ = json.Unmarshal(record.Value, &attributes)
	data, _ := json.Marshal(attributes["data"])
	delete(attributes, "data")
	return attributes, data
}
