package center

import (
	"context"
	"errors"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// store is an etcd in memory: what the client asks of it.
type store struct {
	clientv3.KV
	clientv3.Watcher
	found   *clientv3.GetResponse
	err     error
	events  chan clientv3.WatchResponse
	watched clientv3.Op
}

func (s *store) Get(context.Context, string, ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	return s.found, s.err
}

func (s *store) Watch(ctx context.Context, prefix string, options ...clientv3.OpOption) clientv3.WatchChan {
	s.watched = clientv3.OpGet(prefix, options...)
	answers := make(chan clientv3.WatchResponse)
	go func() {
		defer close(answers)
		select {
		case answer := <-s.events:
			answers <- answer
		case <-ctx.Done():
		}
	}()
	return answers
}

func (s *store) Close() error { return nil }

func etcd(t *testing.T, s *store) *Etcd {
	t.Helper()
	client := clientv3.NewCtxClient(t.Context())
	client.KV, client.Watcher = s, s
	e := Settings{Place: Place{Prefix: "/orders/"}}.Open()
	e.client = client
	return e
}

func pairs(revision int64, values ...string) *clientv3.GetResponse {
	found := &clientv3.GetResponse{Header: &etcdserverpb.ResponseHeader{Revision: revision}}
	for n := 0; n < len(values); n += 2 {
		found.Kvs = append(found.Kvs, &mvccpb.KeyValue{Key: []byte(values[n]), Value: []byte(values[n+1])})
	}
	return found
}

func TestEtcdReadsBelowThePrefixAndWatchesFromThereOn(t *testing.T) {
	s := &store{found: pairs(41, "/orders/max-in-flight", "5", "/orders/log-level", "debug"), events: make(chan clientv3.WatchResponse, 1)}
	e := etcd(t, s)
	values, err := e.Load(t.Context())
	if want := map[string]string{"max-in-flight": "5", "log-level": "debug"}; err != nil || !maps.Equal(values, want) {
		t.Errorf("got %v, %v, want %v", values, err, want)
	}
	s.events <- clientv3.WatchResponse{Events: []*clientv3.Event{{}}}
	if err := e.Wait(t.Context()); err != nil || s.watched.Rev() != 42 || string(s.watched.RangeBytes()) != "/orders0" {
		t.Errorf("watched from %d to %s: %v", s.watched.Rev(), s.watched.RangeBytes(), err)
	}
}

func TestEtcdIsAskedAgainAfterSomeSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{events: make(chan clientv3.WatchResponse)}
		e, start := etcd(t, s), time.Now()
		if err := e.Wait(t.Context()); err != nil || time.Since(start) != confirm {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestEtcdThatForgotTheRevisionIsAskedAgain(t *testing.T) {
	s := &store{events: make(chan clientv3.WatchResponse, 1)}
	s.events <- clientv3.WatchResponse{CompactRevision: 50}
	if err := etcd(t, s).Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "compacted") {
		t.Errorf("got %v", err)
	}
}

func TestEtcdLogsInAnewAfterAFailure(t *testing.T) {
	for name, s := range map[string]*store{"refused": {err: errors.New("refused")}, "no key below /orders/": {found: pairs(1)}} {
		e := etcd(t, s)
		if _, err := e.Load(t.Context()); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
		if e.client != nil {
			t.Errorf("%s: the old client is kept", name)
		}
	}
}

func TestEtcdSaysAtOnceWhyItCannotBeReached(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	e := Settings{Address: server.URL, Credentials: folder(t, map[string]string{"username": "orders", "password": "s3cret"})}.Open()
	if _, err := e.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}
