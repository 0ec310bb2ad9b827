package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestDependenciesAreClosedAfterTheLastRequest asks for the order of the drain.
func TestDependenciesAreClosedAfterTheLastRequest(t *testing.T) {
	a := newApp(t, io.Discard)
	entered, leave, order := make(chan struct{}), make(chan struct{}), make(chan string, 2)
	a.mux.HandleFunc("GET /its/own/test", func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
		order <- "request"
	})
	a.close = func(ctx context.Context) error {
		order <- "closed"
		if _, ok := ctx.Deadline(); !ok {
			t.Error("it may take for ever")
		}
		return errors.New("still busy")
	}
	stop := start(t, a)
	go status(t, a.service, "/its/own/test")
	<-entered
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	close(leave)
	if err := <-stopped; err == nil || !strings.Contains(err.Error(), "still busy") {
		t.Errorf("got %v", err)
	}
	if first, second := <-order, <-order; first != "request" || second != "closed" {
		t.Errorf("first %s, then %s", first, second)
	}
}
