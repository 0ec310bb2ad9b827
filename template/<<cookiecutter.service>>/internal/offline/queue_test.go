package offline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func open(t *testing.T, dir string, limit int64) *Queue {
	t.Helper()
	bounded(t)
	q, err := Open(t.Context(), dir, limit, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// bounded ends a test that hangs, and shows where it does.
func bounded(t testing.TB) {
	hangs := time.AfterFunc(10*time.Second, func() {
		debug.SetTraceback("all")
		panic(t.Name() + " hangs")
	})
	t.Cleanup(func() { hangs.Stop() })
}

func reopen(t *testing.T, q *Queue) *Queue {
	t.Helper()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, q.dir, q.limit)
}

func add(t *testing.T, q *Queue, records ...string) {
	t.Helper()
	for _, record := range records {
		if err := q.Append(t.Context(), []byte(record)); err != nil {
			t.Fatal(err)
		}
	}
}

// drain delivers everything and returns it.
func drain(t *testing.T, q *Queue) (records []string) {
	t.Helper()
	for q.Stats().Records > 0 {
		record, err := q.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(record.Data))
		q.Delivered(record)
	}
	return records
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %d records %.200q, want %d %.200q", len(got), got, len(want), want)
	}
}

// segments returns the files of the records, the oldest first.
func segments(q *Queue) []string {
	paths, _ := filepath.Glob(filepath.Join(q.dir, "*.segment"))
	return paths
}

func TestRecordsComeBackInOrder(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one", "", "three")
	want(t, drain(t, q), "one", "", "three")
	q = reopen(t, q)
	add(t, q, "four")
	q = reopen(t, q)
	add(t, q, "five")
	want(t, drain(t, q), "four", "five")
	want(t, drain(t, reopen(t, q)))
}

func TestARecordStaysUntilItIsDelivered(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one", "two")
	first, _ := q.Next(t.Context())
	again, _ := q.Next(t.Context())
	q = reopen(t, q)
	later, _ := q.Next(t.Context())
	if string(later.Data) != "one" || first.Key != again.Key || first.Key != later.Key || len(first.Key) != 32 {
		t.Errorf("got %+v, then %+v, then %+v: want one record with one key", first, again, later)
	}
	q.Delivered(later)
	q.Delivered(later) // twice is no more than once
	second, _ := reopen(t, q).Next(t.Context())
	if string(second.Data) != "two" || second.Key == first.Key {
		t.Errorf("got %+v after %+v", second, first)
	}
}

func TestManyAppendAtOnce(t *testing.T) {
	q := open(t, t.TempDir(), 1024*1024)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for n := range 20 {
				if err := q.Append(t.Context(), fmt.Appendf(nil, "%d %d", i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	got := make(chan []string)
	go func() {
		var records []string
		for range 400 {
			record, _ := q.Next(t.Context())
			records = append(records, string(record.Data))
			q.Delivered(record)
		}
		got <- records
	}()
	all.Wait()
	records := <-got
	for i := range 20 {
		own := slices.DeleteFunc(slices.Clone(records), func(r string) bool { return !strings.HasPrefix(r, fmt.Sprintf("%d ", i)) })
		for n, record := range own {
			if record != fmt.Sprintf("%d %d", i, n) {
				t.Fatalf("writer %d: %q is out of order", i, own)
			}
		}
	}
}

func TestAFullQueueDropsItsOldestAndCountsThem(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	var all []string
	for i := range 500 {
		all = append(all, fmt.Sprintf("%0500d", i))
		add(t, q, all[i])
		var size int64
		for _, path := range segments(q) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			size += info.Size()
		}
		if size > smallest || size != q.Stats().Bytes {
			t.Fatalf("%d bytes on the disk, %d by its own count, with a limit of %d", size, q.Stats().Bytes, smallest)
		}
	}
	kept := drain(t, q)
	dropped := q.Stats().Dropped
	if len(kept) < 90 || dropped != int64(500-len(kept)) {
		t.Errorf("%d kept and %d dropped of 500", len(kept), dropped)
	}
	want(t, kept, all[dropped:]...)
}

func TestARecordThatIsDroppedWhileItIsDeliveredTakesNoOtherAlong(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "oldest")
	oldest, _ := q.Next(t.Context())
	for q.Stats().Dropped == 0 {
		add(t, q, strings.Repeat("x", 2000))
	}
	before := q.Stats().Records
	q.Delivered(oldest)
	if after := q.Stats().Records; after != before {
		t.Errorf("%d records became %d", before, after)
	}
}

func TestATornEndIsCutOff(t *testing.T) {
	whole := encode([]byte("torn"), time.Now())
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	long := bytes.Clone(whole)
	long[lengthAt+3] = 0xff
	for name, tail := range map[string][]byte{
		"header": whole[:headerSize-1], "data": whole[:len(whole)-1], "zeros": make([]byte, 100),
		"checksum": flipped, "length": long,
	} {
		t.Run(name, func(t *testing.T) {
			q := open(t, t.TempDir(), smallest)
			add(t, q, "one", "two")
			file, err := os.OpenFile(segments(q)[0], os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = file.Write(tail)
			if err := errors.Join(err, file.Close()); err != nil {
				t.Fatal(err)
			}
			q = reopen(t, q)
			add(t, q, "three")
			want(t, drain(t, q), "one", "two", "three")
		})
	}
}

func TestALostPositionMeansASecondDelivery(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "zeros": strings.Repeat("\x00", positionSize), "noise": strings.Repeat("x", positionSize)} {
		t.Run(name, func(t *testing.T) {
			q := open(t, t.TempDir(), smallest)
			add(t, q, "one", "two")
			first, _ := q.Next(t.Context())
			q.Delivered(first)
			if err := os.WriteFile(filepath.Join(q.dir, "position"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			want(t, drain(t, reopen(t, q)), "one", "two")
		})
	}
}

func TestAFailedFlushIsNoAcknowledgement(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one")
	full := errors.New("input/output error")
	q.sync = func(*os.File) error { return full }
	for range 3 {
		if err := q.Append(t.Context(), []byte("lost")); !errors.Is(err, full) {
			t.Errorf("got %v, want the disk's error", err)
		}
	}
	torn := segments(q)[0]
	before, _ := os.ReadFile(torn)
	q.sync = (*os.File).Sync
	add(t, q, "two")
	after, _ := os.ReadFile(torn)
	if len(segments(q)) != 2 || !bytes.Equal(before, after) {
		t.Errorf("%q: a file whose flush failed is written to again, or empty ones stay", segments(q))
	}
	want(t, drain(t, q), "one", "two")
}

func TestAnUnwritableFolderIsAnError(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	if err := os.RemoveAll(q.dir); err != nil {
		t.Fatal(err)
	}
	if err := q.Append(t.Context(), []byte("lost")); err == nil {
		t.Error("a record without a file is acknowledged")
	}
}

func TestRecordsThatTheDiskLostAreCountedAndPassed(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one", "two")
	if err := os.Truncate(segments(q)[0], 40); err != nil {
		t.Fatal(err)
	}
	q.mu.Lock()
	q.active = nil // as after a restart
	q.mu.Unlock()
	add(t, q, "three")
	want(t, drain(t, q), "one", "three")
	if dropped := q.Stats().Dropped; dropped != 1 {
		t.Errorf("%d counted", dropped)
	}
}

func TestWhatNoSegmentHoldsIsRefused(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	if err := q.Append(t.Context(), make([]byte, 5000)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(t.Context(), t.TempDir(), smallest-1, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a queue that holds nothing is opened")
	}
}

func TestASecondProcessWaitsForTheFirst(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one")
	ctx, cancel := context.WithTimeout(t.Context(), 2*lockRetry)
	defer cancel()
	if _, err := Open(ctx, q.dir, smallest, q.log); err == nil {
		t.Fatal("two have the queue")
	}
	opened := make(chan *Queue)
	go func() { opened <- open(t, q.dir, smallest) }()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, drain(t, <-opened), "one")
}

func TestAClosedQueueTakesNothing(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if err := q.Append(t.Context(), nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func FuzzRecover(f *testing.F) {
	f.Add(encode([]byte("one"), time.Now()))
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000000000000000007.segment"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		q := open(t, dir, smallest)
		add(t, q, "last")
		records := drain(t, q)
		if records[len(records)-1] != "last" {
			t.Errorf("%q", records)
		}
	})
}

func TestADiskThatFailsAgainAndAgainIsABrokenQueueUntilItWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, err := Open(t.Context(), t.TempDir(), smallest, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = q.Close() }()
		var full atomic.Bool
		full.Store(true)
		q.sync = func(file *os.File) error {
			if full.Load() {
				return syscall.ENOSPC
			}
			return file.Sync()
		}
		for n := range lasts {
			if q.Broken() != nil {
				t.Errorf("broken after %d failures", n)
			}
			if err := q.Append(t.Context(), []byte("lost")); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("got %v", err)
			}
		}
		synctest.Wait()
		if err := q.Broken(); !errors.Is(err, syscall.ENOSPC) || q.Stats().Errors != lasts {
			t.Errorf("broken for %v, %d errors", err, q.Stats().Errors)
		}
		full.Store(false)
		time.Sleep(2 * tryAgain) // nobody appends meanwhile
		synctest.Wait()
		if err := q.Broken(); err != nil {
			t.Errorf("still broken for %v", err)
		}
	})
}
