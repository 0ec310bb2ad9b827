// Command server, in this place, serves the API by net/http alone: no middleware, no metrics, no traces, no
// probes, no timeouts. It is what the service is measured against.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/deps"
	"example.com/orders/internal/httpapi"
)

func main() {
	cfg := config.Config{Addr: os.Getenv("APP_ADDR"), Own: config.Own{QuoteMaxLines: 100}, DrainTimeout: 20 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends, then lets requests in flight finish.
func run(ctx context.Context, cfg config.Config) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: httpapi.Routes(&deps.Deps{Core: deps.Core{Settings: cfg.Now}})}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
