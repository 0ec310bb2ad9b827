// Package offline keeps records on disk until the upstream has them, however long the link is down.
package offline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	parts     = 8         // segments in a full queue: what is dropped at once is an eighth of it
	smallest  = 64 * 1024 // bytes, the least that a queue may have
	lockRetry = 100 * time.Millisecond
)

// ErrTooLarge is a record that no segment can hold.
var ErrTooLarge = errors.New("the record is too large for the queue")

// Queue is first in, first out, on disk, for one process at a time and any number of goroutines.
//
// A record is safe once Append has returned nil: it then survives a kill and a loss of power, until it is delivered
// or pushed out. A full queue drops its oldest segment and counts what was in it, since a site that stopped
// serving because its link is down would be the greater loss, and the newest records are worth the most.
type Queue struct {
	dir     string
	limit   int64
	log     *slog.Logger
	sync    func(*os.File) error
	lock    *os.File
	appends chan appending
	closed  chan struct{}
	done    chan struct{} // the writer has ended

	active *segment // the newest, written by this process; nil before the first record and after an error

	mu       sync.Mutex
	errors   int64      // commits that failed
	row      int        // of them, the last in a row
	broken   error      // why, where it lasts
	segments []*segment // the oldest first
	head     position   // of the oldest record that is not delivered
	dropped  int64      // records
	last     uint64     // number of the newest segment there ever was
	cursor   *os.File
	arrived  chan struct{}
}

type appending struct {
	record []byte
	result chan error
}

// Stats is the state of a queue.
type Stats struct {
	Records, Bytes int64
	Oldest         time.Time // of the records; zero where there are none
	Dropped        int64     // records since the start, because the queue was full or its disk lost them
	Errors         int64     // of the disk, while records were written
}

const (
	lasts    = 3               // failures in a row until the queue counts as broken
	tryAgain = 5 * time.Second // whether it is
)

// Open opens the queue in dir, or makes one that never takes more than limit bytes of the disk. It waits for
// another process to let go of it: at a rollout the old pod still drains while the new one starts.
func Open(ctx context.Context, dir string, limit int64, log *slog.Logger) (*Queue, error) {
	if limit < smallest {
		return nil, fmt.Errorf("a queue of %d bytes is too small: want %d or more", limit, smallest)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := acquire(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	q := &Queue{
		dir: dir, limit: limit, log: log, sync: (*os.File).Sync, lock: lock,
		appends: make(chan appending), closed: make(chan struct{}), done: make(chan struct{}),
		arrived: make(chan struct{}, 1),
	}
	if err := q.recover(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go q.write()
	return q, nil
}

func acquire(ctx context.Context, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- the queue's own folder
	if err != nil {
		return nil, err
	}
	for {
		// The kernel lets go of it when the process ends, however it ends.
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%s is held by another process: %w", path, ctx.Err()), file.Close())
		case <-time.After(lockRetry):
		}
	}
}

// Append adds a record and returns nil once it is on the disk. After an error it may or may not be there.
func (q *Queue) Append(ctx context.Context, data []byte) error {
	record := encode(data, time.Now())
	if int64(len(record)) > q.segmentBytes()/2 {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	a := appending{record, make(chan error, 1)}
	select {
	case q.appends <- a:
	case <-q.closed:
		return os.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write commits what was appended at the same time together, since each commit costs the disk the same.
func (q *Queue) write() {
	defer close(q.done)
	for {
		var retry <-chan time.Time
		if q.Broken() != nil {
			retry = time.After(tryAgain)
		}
		select {
		case <-q.closed:
			return
		case <-retry: // nobody asks a service that is not ready
			q.note(q.commit(nil, 0))
		case first := <-q.appends:
			batch, data := q.gather(first)
			err := q.commit(data, len(batch))
			q.note(err)
			for _, a := range batch {
				a.result <- err
			}
		}
	}
}

// note remembers how a commit went, and logs what is new.
func (q *Queue) note(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		if q.row > 0 {
			q.log.Info("records are kept again")
		}
		q.row, q.broken = 0, nil
		return
	}
	q.errors++
	if q.row++; q.row&(q.row-1) == 0 { // the first, second, fourth, eighth, and so on
		q.log.Error("records not kept", "error", err, "failures", q.row)
	}
	if q.row >= lasts {
		q.broken = err
	}
}

// Broken says why no record is kept, where that lasts.
func (q *Queue) Broken() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.broken
}

// gather takes what waits already. The batch fits into one segment, since each record fits into half of one.
func (q *Queue) gather(first appending) (batch []appending, data []byte) {
	batch, data = []appending{first}, first.record
	for int64(len(data)) < q.segmentBytes()/2 {
		select {
		case next := <-q.appends:
			batch, data = append(batch, next), append(data, next.record...)
		default:
			return batch, data
		}
	}
	return batch, data
}

// commit writes records and flushes them, in this order: whoever hears nil can rely on the disk.
func (q *Queue) commit(data []byte, records int) error {
	size := int64(len(data))
	q.makeRoom(size)
	if q.active != nil && q.active.size+size > q.segmentBytes() {
		q.retire()
	}
	if q.active == nil {
		if err := q.begin(); err != nil {
			return err
		}
	}
	_, err := q.active.file.Write(data)
	if err == nil {
		err = q.sync(q.active.file)
	}
	if err != nil {
		// After a failed flush the kernel drops the data and calls the next flush a success. So nothing
		// is written to this file again: what failed is cut off, and the next record begins another.
		_ = q.active.file.Truncate(q.active.size)
		q.retire()
		return err
	}
	q.mu.Lock()
	q.active.size += size
	q.active.records += int64(records)
	q.mu.Unlock()
	select {
	case q.arrived <- struct{}{}:
	default:
	}
	return nil
}

// begin makes the next segment. Its name must be on the disk before anything in it is promised.
func (q *Queue) begin() error {
	s := &segment{number: q.last + 1}
	file, err := os.OpenFile(q.path(s), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := flushDir(q.dir); err != nil {
		return errors.Join(err, file.Close())
	}
	s.file = file
	q.active = s
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = s.number
	if len(q.segments) == 0 {
		q.head = position{segment: s.number}
	}
	q.segments = append(q.segments, s)
	return nil
}

// retire ends the active segment, and forgets it where nothing came into it.
func (q *Queue) retire() {
	s := q.active
	q.active = nil
	_ = s.file.Close() // all that counts is flushed
	if s.size > 0 {
		return
	}
	_ = os.Remove(q.path(s))
	q.mu.Lock()
	defer q.mu.Unlock()
	q.segments = slices.DeleteFunc(q.segments, func(each *segment) bool { return each == s })
}

// makeRoom drops the oldest segments until there is room for size more bytes. The active one and those bytes are
// at most two parts of eight, so it stays.
func (q *Queue) makeRoom(size int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.segments) > 0 && q.segments[0] != q.active && q.bytes()+size > q.limit {
		lost := q.segments[0].records - q.head.record
		q.dropped += lost
		q.log.Warn("the queue is full: oldest records dropped", "records", lost)
		q.leave()
	}
}

// leave goes on to the next segment and removes the first. The mutex is held.
func (q *Queue) leave() {
	gone := q.segments[0]
	q.segments = q.segments[1:]
	q.head = position{segment: gone.number + 1}
	if len(q.segments) > 0 {
		q.head.segment = q.segments[0].number
	}
	q.savePosition()
	if err := os.Remove(q.path(gone)); err != nil {
		q.log.Error("a segment stays on the disk", "error", err)
	}
}

// Next waits for the oldest record. It stays the oldest until Delivered.
func (q *Queue) Next(ctx context.Context) (Record, error) {
	for {
		record, err := q.first()
		if !errors.Is(err, errEmpty) {
			return record, err
		}
		select {
		case <-ctx.Done():
			return Record{}, ctx.Err()
		case <-q.arrived:
		}
	}
}

func (q *Queue) first() (Record, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.segments) > 0 {
		s := q.segments[0]
		if q.head.offset < s.size {
			record, err := readRecord(q.path(s), q.head)
			if !errors.Is(err, errDamaged) {
				return record, err
			}
			lost := s.records - q.head.record
			q.dropped += lost
			q.log.Error("the disk has lost records", "segment", s.number, "records", lost)
			q.head = position{s.number, s.size, s.records}
		}
		if len(q.segments) == 1 {
			break // more may be written to it
		}
		q.leave()
	}
	return Record{}, errEmpty
}

// Delivered removes the oldest record, unless it was dropped meanwhile.
func (q *Queue) Delivered(r Record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.segments) > 0 && q.segments[0].number == r.at.segment && q.head == r.at {
		q.head = position{r.at.segment, r.at.offset + int64(headerSize+len(r.Data)), r.at.record + 1}
		q.savePosition()
	}
}

// Stats returns the state of the queue.
func (q *Queue) Stats() Stats {
	oldest, _ := q.first()
	q.mu.Lock()
	defer q.mu.Unlock()
	stats := Stats{Bytes: q.bytes(), Oldest: oldest.Time, Dropped: q.dropped, Errors: q.errors, Records: -q.head.record}
	for _, s := range q.segments {
		stats.Records += s.records
	}
	return stats
}

// Close ends the queue. Nothing has to be flushed: a process that is killed loses as little.
func (q *Queue) Close() error {
	close(q.closed)
	<-q.done
	if q.active != nil {
		q.retire()
	}
	return errors.Join(q.cursor.Close(), q.lock.Close())
}

func (q *Queue) segmentBytes() int64 { return q.limit / parts }

func (q *Queue) bytes() (sum int64) {
	for _, s := range q.segments {
		sum += s.size
	}
	return sum
}
