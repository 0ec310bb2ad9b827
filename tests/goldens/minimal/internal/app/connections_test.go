package app

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"
)

// dial opens a connection and sends something on it.
func dial(t *testing.T, server *httptest.Server, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience / 4))
	_, _ = fmt.Fprint(conn, text)
	return conn
}

// gone waits until the server has closed a connection.
func gone(conn net.Conn) bool {
	_, err := bufio.NewReader(conn).ReadByte()
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func TestTheConnectionThatWaitsForLongestGivesWay(t *testing.T) {
	const request = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"
	entered, leave := make(chan struct{}, 9), make(chan struct{})
	end := sync.OnceFunc(func() { close(leave) })
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-leave
	}))
	c := &connections{most: func() int { return 2 }, open: map[net.Conn]time.Time{}}
	server.Config.ConnState = c.see
	server.Start()
	defer server.Close()
	defer end()
	dial(t, server, request)
	within(t, entered) // one is at work
	half := dial(t, server, "GET / HTTP/1.1\r\nX-Half: ")
	second := dial(t, server, request) // in the place of the one that never ends its header
	within(t, entered)
	if !gone(half) {
		t.Error("it is not gone")
	}
	if !gone(dial(t, server, request)) { // both are at work
		t.Error("a third one is served")
	}
	end()
	if gone(second) {
		t.Error("the second got no answer")
	}
	server.CloseClientConnections()
	waitFor(t, "no connection to be counted", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.open) == 0
	})
}
