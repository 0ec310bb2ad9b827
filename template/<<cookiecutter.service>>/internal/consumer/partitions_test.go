package consumer

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"<< cookiecutter.module >>/internal/memory"
)

// offline returns a client that reaches no broker, as far as a partition needs one.
func offline(t *testing.T) *kgo.Client {
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// holding returns a consumer that has three partitions, of a function that answers so.
func holding(t *testing.T, answer http.HandlerFunc) (*consumer, *kgo.Client) {
	c, client := answering(t, answer), offline(t)
	c.assigned(t.Context(), client, map[string][]int32{"uploads": {0, 1, 2}})
	return c, client
}

// polled is a record as a poll returns it.
func polled(partition int32, offset int64) kgo.Fetches {
	record := &kgo.Record{Topic: "uploads", Partition: partition, Offset: offset}
	return kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "uploads", Partitions: []kgo.FetchPartition{{Partition: partition, Records: []*kgo.Record{record}}}}}}}
}

func taking(t *testing.T, c *consumer, client *kgo.Client, partition int32, offset int64) *taken {
	record, ours := c.take(client, polled(partition, offset))
	if !ours {
		t.Fatalf("%d of partition %d was not taken", offset, partition)
	}
	return record
}

func TestEventThatFailsHoldsNothingButItsPartition(t *testing.T) {
	tried := make(chan struct{}, 100)
	c, client := holding(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		tried <- struct{}{}
	})
	record, settled := taking(t, c, client, 0, 7), make(chan bool)
	c.enter(record)
	go func() { settled <- c.settle(client, record) }()
	<-tried
	<-tried
	other := taking(t, c, client, 1, 3)
	if !c.enter(other) { // the only slot
		t.Error("another partition's event is held up")
	}
	if paused := client.PauseFetchPartitions(nil)["uploads"]; !slices.Equal(paused, []int32{0}) {
		t.Errorf("paused are %v", paused)
	}
	c.leave([]int32{0})
	if <-settled {
		t.Error("it is settled without an outcome")
	}
}

func TestWhatIsInFlightEndsBeforeItsPartitionGoes(t *testing.T) {
	c, client := holding(t, nil)
	record, gone := taking(t, c, client, 0, 7), make(chan struct{})
	go func() { defer close(gone); c.revoked(t.Context(), client, map[string][]int32{"uploads": {0}}) }()
	<-record.partition.held.Done()
	if _, ours := c.take(client, polled(0, 8)); ours {
		t.Error("an event is taken of a partition that goes")
	}
	select {
	case <-gone:
		t.Error("the partition is gone already")
	case <-time.After(10 * time.Millisecond):
	}
	record.end(client, true)
	<-gone
	if got := c.all(); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestLostPartitionsAreNotWaitedFor(t *testing.T) {
	c, client := holding(t, nil)
	record := taking(t, c, client, 0, 7)
	c.lost(t.Context(), client, map[string][]int32{"uploads": {0}})
	record.end(client, true)
	if len(record.partition.taken) != 1 {
		t.Error("it counts as committed, and is another's")
	}
}

func TestPartitionIsSettledUpToItsFirstEventWithoutAnOutcome(t *testing.T) {
	c, client := holding(t, nil)
	var records []*taken
	for offset := range int64(ahead) {
		records = append(records, taking(t, c, client, 0, offset))
	}
	for _, again := range []int64{0, ahead - 1} {
		if _, ours := c.take(client, polled(0, again)); ours {
			t.Errorf("%d is taken twice", again)
		}
	}
	one := records[0].partition
	if !one.paused {
		t.Error("more is read than may lie behind the first")
	}
	for _, step := range []struct{ ended, left int }{{1, ahead}, {0, ahead - 2}, {2, ahead - 3}} {
		records[step.ended].end(client, true)
		if len(one.taken) != step.left {
			t.Errorf("%d are left, want %d", len(one.taken), step.left)
		}
	}
	if one.paused {
		t.Error("it is not read on")
	}
}

func TestNothingIsTakenOnceTheConsumerStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	p, client := newPartitions(ctx, 1), offline(t)
	p.assigned(ctx, client, map[string][]int32{"uploads": {0}})
	p.held = memory.Events() + 1
	stop()
	p.wait()
	if _, ours := p.take(client, polled(0, 1)); ours {
		t.Error("an event is taken")
	}
}

func TestNoMoreEventsAreTakenThanThereIsMemoryFor(t *testing.T) {
	c, client := holding(t, nil)
	large := polled(0, 7)
	large[0].Topics[0].Partitions[0].Records[0].Value = make([]byte, memory.Events()+1)
	record, ours := c.take(client, large)
	if !ours {
		t.Fatal("it is not taken")
	}
	waited := make(chan struct{})
	go func() { c.wait(); close(waited) }()
	select {
	case <-waited:
		t.Error("another one would be taken")
	case <-time.After(10 * time.Millisecond):
	}
	record.end(client, true)
	<-waited
}

func TestAnEventSharesNothingWithItsBatch(t *testing.T) {
	batch := []byte("keyvalue")
	alone, size := own(&kgo.Record{
		Topic: "uploads", Partition: 1, Offset: 2, LeaderEpoch: 3, Key: batch[:3], Value: batch[3:], Headers: []kgo.RecordHeader{{Key: "h", Value: batch[:3]}},
	})
	clear(batch)
	if alone.Topic != "uploads" || alone.Partition != 1 || alone.Offset != 2 || alone.LeaderEpoch != 3 || string(alone.Key) != "key" ||
		string(alone.Value) != "value" || header(alone, "h") != "key" || size != 12 {
		t.Errorf("of %d bytes: %+v", size, alone)
	}
}
