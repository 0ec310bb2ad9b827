package consumer

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"<< cookiecutter.module >>/internal/config"
)

// answering returns a consumer of a function that answers so.
func answering(t *testing.T, answer http.HandlerFunc) *consumer {
	bounded(t)
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c := newConsumer(t.Context(), t.Context(), config.Config{Replies: "replies", DeadLetters: "dead", MaxInFlight: 1, RequestTimeout: time.Minute})
	c.url = server.URL
	return c
}

// bounded ends a test that hangs, and shows where it does.
func bounded(t testing.TB) {
	hangs := time.AfterFunc(10*time.Second, func() {
		debug.SetTraceback("all")
		panic(t.Name() + " hangs")
	})
	t.Cleanup(func() { hangs.Stop() })
}

func header(record *kgo.Record, key string) string {
	for _, header := range record.Headers {
		if header.Key == key {
			return string(header.Value)
		}
	}
	return ""
}

func TestRecordIsDeliveredAndItsReplyIsARecord(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		if r.Header.Get("Ce-Id") != "gr%C3%BCn" || r.Header.Get("Content-Type") != "application/json" || string(data) != "{}" {
			t.Errorf("the function got %v %s", r.Header, data)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Ce-Id", "gr%C3%BCn-done")
		_, _ = io.WriteString(w, "[]")
	})
	got, err := c.deliver(t.Context(), &kgo.Record{Key: []byte("k"), Value: []byte("{}"), Headers: []kgo.RecordHeader{
		{Key: "ce_id", Value: []byte("grün")}, {Key: "content-type", Value: []byte("application/json")},
	}})
	if err != nil || got.Topic != "replies" || string(got.Key) != "k" || string(got.Value) != "[]" ||
		header(got, "ce_id") != "grün-done" || header(got, "content-type") != "application/json" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestStatusDecidesWhetherARecordIsTriedAgain(t *testing.T) {
	for status, again := range map[int]bool{
		400: false, 413: false, 422: false, 404: true, 408: true, 409: true, 429: true, 500: true, 503: true,
	} {
		c := answering(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "why", status) })
		dead, err := c.deliver(t.Context(), &kgo.Record{Value: []byte("{}")})
		if (err != nil) != again {
			t.Errorf("%d: got %v", status, err)
		}
		if err == nil && (dead.Topic != "dead" || string(dead.Value) != "{}" || header(dead, "error") != "why\n") {
			t.Errorf("%d: got the dead letter %v", status, dead)
		}
	}
}

func TestAddressOfAListenerOnThisMachine(t *testing.T) {
	for listener, want := range map[string]string{
		":8080": "http://127.0.0.1:8080", "[::]:80": "http://127.0.0.1:80", "[::2]:80": "http://[::2]:80", "pod:80": "http://pod:80",
	} {
		if got := address(listener); got != want {
			t.Errorf("%s: got %s, want %s", listener, got, want)
		}
	}
}
