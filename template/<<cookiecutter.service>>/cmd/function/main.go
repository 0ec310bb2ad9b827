// Command function runs the << cookiecutter.service >> function.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"<< cookiecutter.module >>/internal/app"
	"<< cookiecutter.module >>/internal/config"
<% if cookiecutter.scaler == "keda" %>
	"<< cookiecutter.module >>/internal/consumer"
<% endif %>
	"<< cookiecutter.module >>/internal/health"
	"<< cookiecutter.module >>/internal/telemetry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
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
<% if cookiecutter.tracing %>
	slog.SetDefault(telemetry.WithTraceIDs(telemetry.NewLogger(os.Stdout, cfg.LogLevel)))
<% else %>
	slog.SetDefault(telemetry.NewLogger(os.Stdout, cfg.LogLevel))
<% endif %>
<% if cookiecutter.scaler == "keda" %>
	return consumer.Run(ctx, cfg, func(ctx context.Context) error { return app.Run(ctx, cfg, os.Stdout) })
<% else %>
	return app.Run(ctx, cfg, os.Stdout)
<% endif %>
}
