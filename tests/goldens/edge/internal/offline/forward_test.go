package offline

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// upstream answers with what it is told to, else with 200, and remembers what came.
type upstream struct {
	mu           sync.Mutex
	answers      []int
	bodies, keys []string
	all          chan struct{} // closed when wanted records were taken
	wanted       int
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	u.bodies = append(u.bodies, r.Method+" "+string(body))
	u.keys = append(u.keys, r.Header.Get("Idempotency-Key"))
	if len(u.answers) > 0 {
		status := u.answers[0]
		u.answers = u.answers[1:]
		if status/100 == 3 {
			w.Header().Set("Location", "/login")
		}
		w.WriteHeader(status)
		return
	}
	if u.wanted--; u.wanted == 0 {
		close(u.all)
	}
}

// pipe connects clients with a server in memory, so that a test can wait without waiting.
type pipe struct{ connections chan net.Conn }

func (p pipe) Accept() (net.Conn, error) {
	if c, ok := <-p.connections; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipe) Close() error   { return nil }
func (p pipe) Addr() net.Addr { return &net.TCPAddr{} }

// forwarded runs a forwarder until the upstream has taken that many of the records.
func forwarded(t *testing.T, u *upstream, wanted int, records ...string) (f *Forwarder, took time.Duration) {
	t.Helper()
	bounded(t)
	synctest.Test(t, func(t *testing.T) {
		u.all, u.wanted = make(chan struct{}), wanted
		q, err := Open(t.Context(), t.TempDir(), smallest, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		add(t, q, records...)
		lines := pipe{make(chan net.Conn)}
		server := &http.Server{Handler: u}
		go func() { _ = server.Serve(lines) }()
		f = NewForwarder(q, "http://headquarters/v1/answers", q.log)
		f.client.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			lines.connections <- far
			return near, nil
		}}
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		go f.Run(ctx)
		<-u.all
		synctest.Wait()
		took = time.Since(begin)
		if left := q.Stats().Records; left != 0 {
			t.Errorf("%d records left", left)
		}
		cancel()
		close(lines.connections)
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, took
}

func TestRecordsAreForwardedInOrder(t *testing.T) {
	u := new(upstream)
	f, _ := forwarded(t, u, 3, "one", "two", "three")
	want(t, u.bodies, "POST one", "POST two", "POST three")
	if f.Delivered.Load() != 3 || f.Failed.Load() != 0 {
		t.Errorf("%d delivered, %d failed", f.Delivered.Load(), f.Failed.Load())
	}
}

func TestAFailureIsTriedAgainWithTheSameKeyAndEverLater(t *testing.T) {
	u := &upstream{answers: []int{503, 404, 302, 429, 500}}
	f, took := forwarded(t, u, 2, "one", "two")
	want(t, u.bodies, "POST one", "POST one", "POST one", "POST one", "POST one", "POST one", "POST two")
	for i, key := range u.keys {
		if same := key == u.keys[0]; same != (i < 6) || len(key) != 34 {
			t.Errorf("attempt %d came with the key %s", i, key)
		}
	}
	// 1 + 2 + 4 + 8 + 16 s, each between a half and all of it.
	if f.Failed.Load() != 5 || took < 15*time.Second || took > 31*time.Second {
		t.Errorf("%d failures, %s", f.Failed.Load(), took)
	}
}

func TestARecordThatIsRefusedHoldsUpNoOther(t *testing.T) {
	u := &upstream{answers: []int{422, 400, 413}}
	f, took := forwarded(t, u, 1, "one", "two", "three", "four")
	if f.Refused.Load() != 3 || f.Delivered.Load() != 1 || took > time.Second {
		t.Errorf("%d refused, %d delivered in %s", f.Refused.Load(), f.Delivered.Load(), took)
	}
}

func TestADeadLinkHoldsUpNoAppendAndNoEnd(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	q := open(t, t.TempDir(), smallest)
	f := NewForwarder(q, closed.URL, q.log)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { f.Run(ctx); close(ended) }()
	for range 10 {
		add(t, q, "record")
	}
	for f.Failed.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-ended
	if records := q.Stats().Records; records != 10 {
		t.Errorf("%d records left of 10", records)
	}
}
