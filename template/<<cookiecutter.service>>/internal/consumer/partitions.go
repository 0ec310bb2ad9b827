package consumer

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"<< cookiecutter.module >>/internal/memory"
)

// ahead is how many events of a partition, as a multiple of those in flight, are taken before its first one is settled.
// They would come again if this process were killed.
const ahead = 4

const committing = 10 * time.Second // at most, when partitions go

// partitions are those that this consumer has. They are told of from the client's goroutine, and change under a lock.
type partitions struct {
	ctx  context.Context // ends when no more is taken
	most int             // events of each

	mu      sync.Mutex
	byIndex map[int32]*partition
	held    int64         // bytes of the events that were taken and have not ended
	ended   chan struct{} // tells that there are fewer
}

func newPartitions(ctx context.Context, inFlight int) *partitions {
	return &partitions{ctx: ctx, most: ahead * inFlight, byIndex: map[int32]*partition{}, ended: make(chan struct{}, 1)}
}

// partition is what was taken of one, from its first event without an outcome on.
type partition struct {
	held  context.Context // ends when it is to go to another consumer: nothing is tried again then
	leave context.CancelFunc
	work  sync.WaitGroup // what is in flight

	next   int64 // offset; what comes below it was taken before
	taken  []*taken
	failed int
	paused bool
}

// taken is an event that was taken of a partition.
type taken struct {
	*kgo.Record

	all       *partitions
	partition *partition
	size      int64
	failing   bool
	settled   bool
}

func (p *partitions) assigned(_ context.Context, client *kgo.Client, topics map[string][]int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, indexes := range topics {
		for _, index := range indexes {
			held, leave := context.WithCancel(p.ctx)
			p.byIndex[index] = &partition{held: held, leave: leave}
		}
	}
	client.ResumeFetchPartitions(topics)
}

// revoked lets partitions go once what is in flight has ended, which is before the group would go on without us.
func (p *partitions) revoked(_ context.Context, client *kgo.Client, topics map[string][]int32) {
	p.release(client, slices.Concat(slices.Collect(maps.Values(topics))...))
}

// lost forgets partitions that are another's already: nothing can be committed.
func (p *partitions) lost(_ context.Context, _ *kgo.Client, topics map[string][]int32) {
	for _, indexes := range topics {
		p.forget(indexes)
	}
}

func (p *partitions) all() []int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.byIndex))
}

// leave takes no more of some partitions, tries nothing of them again, and returns them.
func (p *partitions) leave(indexes []int32) []*partition {
	p.mu.Lock()
	defer p.mu.Unlock()
	var left []*partition
	for _, index := range indexes {
		if one := p.byIndex[index]; one != nil {
			one.leave()
			left = append(left, one)
		}
	}
	return left
}

// forget ends partitions: what is settled of them later on is not committed.
func (p *partitions) forget(indexes []int32) {
	p.leave(indexes)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, index := range indexes {
		delete(p.byIndex, index)
	}
}

// release lets what is in flight of some partitions end, commits how far they are, and forgets them.
func (p *partitions) release(client *kgo.Client, indexes []int32) {
	for _, one := range p.leave(indexes) {
		one.work.Wait()
	}
	ctx, cancel := context.WithTimeout(context.Background(), committing)
	defer cancel()
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		slog.WarnContext(ctx, "not committed, some events will come again", "error", err)
	}
	p.forget(indexes)
}

// wait returns once there is memory for one more event, or when nothing more is taken: however many partitions have
// events that fail, those that wait for their next try do not fill it.
func (p *partitions) wait() {
	for {
		p.mu.Lock()
		full := p.held > memory.Events()
		p.mu.Unlock()
		if !full {
			return
		}
		select {
		case <-p.ctx.Done():
			return
		case <-p.ended:
		}
	}
}

// own returns a record that shares no memory with the batch that it came in: while it is tried again, and again, it
// would keep all of that.
func own(record *kgo.Record) (alone *kgo.Record, size int64) {
	alone = &kgo.Record{
		Topic: record.Topic, Partition: record.Partition, Offset: record.Offset, LeaderEpoch: record.LeaderEpoch,
		Key: bytes.Clone(record.Key), Value: bytes.Clone(record.Value),
	}
	size = int64(len(record.Key) + len(record.Value))
	for _, header := range record.Headers {
		alone.Headers = append(alone.Headers, kgo.RecordHeader{Key: strings.Clone(header.Key), Value: bytes.Clone(header.Value)})
		size += int64(len(header.Key) + len(header.Value))
	}
	return alone, size
}

// take makes the record that was polled one of its partition, if there is one and if that is ours still.
func (p *partitions) take(client *kgo.Client, polled kgo.Fetches) (*taken, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, record := range polled.Records() { // one at most
		one := p.byIndex[record.Partition]
		if one == nil || one.held.Err() != nil || record.Offset < one.next {
			continue
		}
		one.work.Add(1)
		one.next = record.Offset + 1
		made := &taken{all: p, partition: one}
		made.Record, made.size = own(record)
		p.held += made.size
		one.taken = append(one.taken, made)
		p.pace(client, made)
		return made, true
	}
	return nil, false
}

// failed holds the partition back until its event has an outcome.
func (t *taken) failed(client *kgo.Client) {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	if !t.failing {
		t.failing = true
		t.partition.failed++
		t.all.pace(client, t)
	}
}

// end marks how far the partition is, to be committed.
func (t *taken) end(client *kgo.Client, settled bool) {
	defer t.partition.work.Done()
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	t.settled = settled
	t.Key, t.Value, t.Headers = nil, nil, nil
	t.all.held -= t.size
	select {
	case t.all.ended <- struct{}{}:
	default:
	}
	if t.failing {
		t.partition.failed--
	}
	if t.all.byIndex[t.Partition] != t.partition {
		return // lost
	}
	for len(t.partition.taken) > 0 && t.partition.taken[0].settled {
		client.MarkCommitRecords(t.partition.taken[0].Record)
		t.partition.taken = t.partition.taken[1:]
	}
	t.all.pace(client, t)
}

// pace stops reading a partition while one of its events fails, or while too many lie behind one that has not ended.
func (p *partitions) pace(client *kgo.Client, of *taken) {
	one := of.partition
	pause := one.failed > 0 || len(one.taken) >= p.most
	if pause == one.paused || one.held.Err() != nil {
		return
	}
	one.paused = pause
	if this := map[string][]int32{of.Topic: {of.Partition}}; pause {
		client.PauseFetchPartitions(this)
	} else {
		client.ResumeFetchPartitions(this)
	}
}
