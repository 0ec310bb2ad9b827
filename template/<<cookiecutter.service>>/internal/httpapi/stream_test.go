package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"<< cookiecutter.module >>/internal/health"
	"<< cookiecutter.module >>/internal/telemetry"
)

// listen serves a route inside all of the middleware, with a server whose timeouts are over at once.
func listen(t *testing.T, handler http.Handler, progress *health.Progress) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /", handler)
	api := New(mux, load(t, "-request-timeout", "200ms", "-max-in-flight", "2"), slog.New(slog.DiscardHandler), telemetry.NewMetrics(), progress)
	server := httptest.NewUnstartedServer(api)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func TestAStreamOutlivesTheTimeouts(t *testing.T) {
	server := listen(t, stream{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.Context().Deadline(); ok {
			t.Error("it has a deadline")
		}
		for n := range 5 {
			time.Sleep(60 * time.Millisecond) // longer than the timeout of a request, all in all
			fmt.Fprintf(w, "data: %d\n\n", n)
			w.(http.Flusher).Flush()
			if err := r.Context().Err(); err != nil {
				t.Error(err)
			}
		}
	})}, &health.Progress{Limit: time.Nanosecond})
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || !strings.HasSuffix(string(body), "data: 4\n\n") {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestAStreamIsNoStall(t *testing.T) {
	progress := &health.Progress{Limit: time.Nanosecond}
	server := listen(t, stream{http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		time.Sleep(time.Millisecond)
		if progress.Stalled() {
			t.Error("a stream is taken for a request that hangs")
		}
	})}, progress)
	if res, err := http.Get(server.URL); err == nil {
		res.Body.Close()
	}
}

func TestAStreamEndsWithTheService(t *testing.T) {
	progress := &health.Progress{Ending: make(chan struct{})}
	server := listen(t, stream{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(progress.Ending)
		<-r.Context().Done()
		_, _ = io.WriteString(w, "bye")
	})}, progress)
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func TestACallerThatTakesNothingEndsItsStream(t *testing.T) {
	ended := make(chan error, 1)
	server := listen(t, stream{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64*1024*1024)) // more than any buffer on the way
		ended <- err
	})}, new(health.Progress))
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	if err := <-ended; err == nil {
		t.Error("it was written to nobody")
	}
}

func TestStreamsLeaveRoomForRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	server := listen(t, stream{http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	})}, new(health.Progress))
	first := make(chan error, 1)
	go func() { _, err := http.Get(server.URL); first <- err }()
	<-entered
	res, err := http.Get(server.URL) // half of two is one
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a second stream got %d", res.StatusCode)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// TestLibrariesFindWhatTheyAskTheWriterFor reaches through the middleware, as those for WebSockets do.
func TestLibrariesFindWhatTheyAskTheWriterFor(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "hello\n")
	})
	server := httptest.NewServer(New(mux, load(t), slog.New(slog.DiscardHandler), telemetry.NewMetrics(), new(health.Progress)))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	text, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || !strings.HasSuffix(string(text), "hello\n") {
		t.Errorf("got %q, %v", text, err)
	}
}
