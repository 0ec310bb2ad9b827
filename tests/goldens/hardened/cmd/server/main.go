// Command server runs the orders service.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"example.com/orders/internal/app"
	"example.com/orders/internal/config"
	"example.com/orders/internal/health"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once, so that nobody has to wait for a drain.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	cfg, err := config.Load(ctx, args, os.LookupEnv, os.Stderr)
	if err != nil {
		return err
	}
	if cfg.Healthcheck {
		return health.Check(ctx, cfg.AdminAddr)
	}
	service, err := app.New(ctx, cfg, os.Stdout)
	if err != nil {
		return err
	}
	return service.Run(ctx)
}
