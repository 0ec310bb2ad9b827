package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// server is an http.Server that knows its name and binds before it serves.
type server struct {
	http.Server
	name     string
	listener net.Listener
}

func newServer(name, addr string, handler http.Handler, log *slog.Logger) *server {
	return &server{name: name, Server: http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, // no connection for clients that trickle headers
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 * 1024,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
}

// listen binds the address. An empty one means that this server is off.
func (s *server) listen(ctx context.Context) (err error) {
	if s.Addr == "" {
		return nil
	}
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	return err
}

func (s *server) addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// serve blocks until the server is closed, which is no error.
func (s *server) serve() error {
	if err := s.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// shutdown lets requests in flight finish, and cuts off those that outlast the timeout.
func (s *server) shutdown(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("%s: requests cut off after %s: %w", s.name, timeout, err), s.Close())
	}
	return nil
}
