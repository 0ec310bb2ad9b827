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
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, health.Arguments(os.DirFS("/"), os.Args)); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	cfg, err := config.Load(args, os.LookupEnv, os.Stderr)
	if err != nil {
		return err
	}
	if cfg.Healthcheck {
		return health.Check(ctx, cfg.AdminAddr)
	}
	return app.Run(ctx, cfg, os.Stdout)
}
