// Command function runs the << cookiecutter.service >> function.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
<% if cookiecutter.scale_on == "lag" %>
	"log/slog"
<% endif %>
	"os"
	"os/signal"
	"syscall"

	"<< cookiecutter.module >>/internal/app"
	"<< cookiecutter.module >>/internal/config"
<% if cookiecutter.scale_on == "lag" %>
	"<< cookiecutter.module >>/internal/consumer"
<% endif %>
	"<< cookiecutter.module >>/internal/health"
<% if cookiecutter.scale_on == "lag" %>
	"<< cookiecutter.module >>/internal/telemetry"
<% endif %>
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
<% if cookiecutter.scale_on == "lag" %>
	slog.SetDefault(telemetry.NewLogger(os.Stdout, cfg.LogLevel)) // the consumer logs while the service is built
	return consumer.Run(ctx, cfg, func(ctx context.Context) error { return app.Run(ctx, cfg, os.Stdout) })
<% else %>
	return app.Run(ctx, cfg, os.Stdout)
<% endif %>
}
