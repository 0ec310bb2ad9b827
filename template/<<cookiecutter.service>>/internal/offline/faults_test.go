package offline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// logged opens a queue, and returns what it logs.
func logged(t *testing.T, dir string) (*Queue, *bytes.Buffer) {
	t.Helper()
	out := new(bytes.Buffer)
	q, err := Open(t.Context(), dir, smallest, slog.New(slog.NewTextHandler(out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return q, out
}

func TestAQueueThatCannotBeOpenedSaysWhy(t *testing.T) {
	bounded(t)
	for name, spoil := range map[string]func(dir string) error{
		"not a directory":      func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"lock: is a directory": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "lock"), 0o700) },
		"position: is a dir":   func(dir string) error { return os.MkdirAll(filepath.Join(dir, "position"), 0o700) },
		"no file of the queue": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "x.segment"), 0o700) },
		"7.segment: is a dir":  func(dir string) error { return os.MkdirAll(filepath.Join(dir, "00000000000000000007.segment"), 0o700) },
	} {
		dir := filepath.Join(t.TempDir(), "queue")
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, smallest, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

func TestWhatTheDiskDoesIsLogged(t *testing.T) {
	bounded(t)
	dir := t.TempDir()
	q, out := logged(t, dir)
	full := errors.New("no space")
	q.sync = func(*os.File) error { return full }
	for range 4 {
		_ = q.Append(t.Context(), []byte("lost"))
	}
	q.sync = (*os.File).Sync
	add(t, q, "kept")
	for q.Stats().Dropped == 0 {
		add(t, q, strings.Repeat("x", 2000))
	}
	path := segments(q)[0]
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	drain(t, q)
	for want, times := range map[string]int{
		`msg="records not kept" error="no space" failures=1`: 1, "failures=2": 1, "failures=3": 0, "failures=4": 1,
		`msg="records are kept again"`: 1, `msg="the queue is full: oldest records dropped" records=`: 1, `msg="the disk has lost records"`: 1,
	} {
		if strings.Count(out.String(), want) != times {
			t.Errorf("want %s %d times in %s", want, times, out)
		}
	}
	out.Reset()
	if err := errors.Join(os.RemoveAll(dir), q.cursor.Close()); err != nil {
		t.Fatal(err)
	}
	q.mu.Lock()
	q.segments = []*segment{{number: 1}, {number: 2}}
	q.leave()
	q.mu.Unlock()
	for _, want := range []string{"a segment stays on the disk", "records may be delivered once more"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
}

func TestATornEndIsLogged(t *testing.T) {
	bounded(t)
	dir := t.TempDir()
	q, _ := logged(t, dir)
	add(t, q, "one")
	if err := errors.Join(q.Close(), os.Truncate(segments(q)[0], headerSize)); err != nil {
		t.Fatal(err)
	}
	q, out := logged(t, dir)
	if !strings.Contains(out.String(), "the end of a segment is cut off") || len(segments(q)) != 0 {
		t.Errorf("%d segments, logged %s", len(segments(q)), out)
	}
	add(t, q, "two")
	if want(t, drain(t, q), "two"); strings.Contains(out.String(), "stays on the disk") {
		t.Errorf("logged %s", out)
	}
}

func TestNobodyWaitsLongerThanItsContext(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v", err)
	}
	enter, leave := make(chan struct{}, 9), make(chan struct{})
	q.sync = func(*os.File) error { enter <- struct{}{}; <-leave; return nil }
	waiting, end := context.WithCancel(t.Context())
	appended := make(chan error)
	go func() { appended <- q.Append(waiting, []byte("slow")) }()
	<-enter // on its way to the disk
	if err := q.Append(ctx, []byte("behind")); !errors.Is(err, context.Canceled) {
		t.Errorf("behind another: %v", err)
	}
	end()
	if err := <-appended; !errors.Is(err, context.Canceled) {
		t.Errorf("on its way: %v", err)
	}
	close(leave)
}

func TestHowForwardingGoesIsLogged(t *testing.T) {
	bounded(t)
	synctest.Test(t, func(t *testing.T) {
		q, out := logged(t, t.TempDir())
		add(t, q, "one", "two", "three")
		f := NewForwarder(q, "http://headquarters", q.log)
		answers := []int{500, 500, 500, 200, 422}
		ctx, cancel := context.WithCancel(t.Context())
		f.client.Transport = answered(func(r *http.Request) (int, error) {
			if len(answers) == 0 {
				cancel()
				return 0, r.Context().Err()
			}
			next := answers[0]
			answers = answers[1:]
			return next, nil
		})
		f.Run(ctx)
		for want, times := range map[string]int{
			`msg="no record delivered, they wait" error="the upstream answered 500" failures=1`: 1, "failures=2": 1, "failures=3": 0,
			`msg="records are delivered again"`: 1, `msg="record refused by the upstream, and dropped" status=422`: 1, "they wait": 2,
		} {
			if strings.Count(out.String(), want) != times {
				t.Errorf("want %s %d times in %s", want, times, out)
			}
		}
		if failed := f.Failed.Load(); failed != 3 {
			t.Errorf("%d failures: the end is one", failed)
		}
		_ = q.Close()
	})
}

// answered is an upstream that answers with a status.
type answered func(*http.Request) (int, error)

func (a answered) RoundTrip(r *http.Request) (*http.Response, error) {
	status, err := a(r)
	return &http.Response{StatusCode: status, Body: http.NoBody, Request: r}, err
}

func TestWhyARecordIsNotForwarded(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one")
	var kind string
	f := NewForwarder(q, "http://headquarters", q.log)
	f.client.Transport = answered(func(r *http.Request) (int, error) {
		kind = r.Header.Get("Content-Type")
		return 0, errors.New("refused")
	})
	if err := f.forward(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "upstream not reached: ") || kind != "application/json" {
		t.Errorf("got %v, as %s", err, kind)
	}
	if f.url = "http://a b"; f.forward(t.Context()) == nil {
		t.Error("there is no such address")
	}
	if err := os.Remove(segments(q)[0]); err != nil {
		t.Fatal(err)
	}
	if err := f.forward(t.Context()); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "read the queue: ") {
		t.Errorf("got %v", err)
	}
	if f.client.Timeout != 10*time.Second {
		t.Errorf("a delivery may take %s", f.client.Timeout)
	}
}

func TestNothingStaysOpen(t *testing.T) {
	opened := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(entries)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector closes what nobody has any more
	dir := t.TempDir()
	q := open(t, dir, smallest)
	add(t, q, "one")
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	before := opened()
	q = open(t, dir, smallest) // finds a segment
	add(t, q, "two")
	want(t, drain(t, q), "one", "two")
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if left := opened() - before; left != 0 {
		t.Errorf("%d files are left open", left)
	}
}

func TestWhatIsNotFlushedIsCutOff(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	fail := func(*os.File) error { return errors.New("input/output error") }
	q.sync = fail
	if err := q.Append(t.Context(), []byte("lost")); err == nil || len(q.segments) != 0 {
		t.Errorf("%v, %d segments", err, len(q.segments))
	}
	q.sync = (*os.File).Sync
	add(t, q, "kept")
	before, err := os.ReadFile(segments(q)[0])
	if err != nil {
		t.Fatal(err)
	}
	q.sync = fail
	_ = q.Append(t.Context(), []byte("lost"))
	if after, err := os.ReadFile(segments(q)[0]); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%q became %q, %v", before, after, err)
	}
}

func TestWhatIsAppendedAtOnceIsFlushedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, err := Open(t.Context(), t.TempDir(), smallest, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		flushes, disk := 0, make(chan struct{})
		q.sync = func(*os.File) error { flushes++; <-disk; return nil }
		for range 10 {
			go func() { _ = q.Append(t.Context(), []byte("record")) }()
		}
		synctest.Wait() // one of them is on its way to the disk
		close(disk)
		synctest.Wait()
		if flushes != 2 || q.Stats().Records != 10 {
			t.Errorf("%d flushes, %d records", flushes, q.Stats().Records)
		}
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoNumberOfASegmentComesTwice(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	q.head = position{segment: 5} // all of them were delivered, and torn away by a loss of power
	q.savePosition()
	q = reopen(t, q)
	add(t, q, "one")
	want(t, drain(t, reopen(t, q)), "one")
}

func TestWhatTheDiskLostIsCountedOnce(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one", "two")
	if err := os.Truncate(segments(q)[0], 40); err != nil {
		t.Fatal(err)
	}
	want(t, drain(t, q), "one")
	for range 3 {
		if dropped := q.Stats().Dropped; dropped != 1 {
			t.Errorf("%d counted", dropped)
		}
	}
}

func TestADiskThatCannotBeReadIsNoDamage(t *testing.T) {
	broken, record := errors.New("input/output error"), encode([]byte("one"), time.Now())
	for _, read := range []int{0, headerSize} {
		r := io.MultiReader(bytes.NewReader(record[:read]), iotest.ErrReader(broken))
		if _, err := decode(r, int64(len(record))); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", read, err)
		}
	}
}

func TestADamagedLengthTakesNoMemory(t *testing.T) {
	record := encode([]byte("one"), time.Now())
	record[lengthAt+3] = 0x7f
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := decode(bytes.NewReader(record), int64(len(record)))
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, errDamaged) || took > 1024*1024 {
		t.Errorf("%d bytes, %v", took, err)
	}
}

func TestARecordSaysWhenItCame(t *testing.T) {
	q := open(t, t.TempDir(), smallest)
	add(t, q, "one")
	record, err := q.Next(t.Context())
	if age := time.Since(record.Time); err != nil || age < 0 || age > time.Minute {
		t.Errorf("%s old, %v", age, err)
	}
}
