// Command server runs the << cookiecutter.service >> service.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"<< cookiecutter.module >>/internal/app"
	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/health"
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
<% if cookiecutter.__own_sleep %>
	if cfg.Sleep > 0 {
		ctx, cancel := context.WithTimeout(ctx, cfg.Sleep)
		defer cancel()
		<-ctx.Done()
		return nil
	}
<% endif %>
<% if cookiecutter.__model %>
	if cfg.InstallModel != "" || cfg.RollbackModel {
		return app.ManageModel(cfg.Model, os.Stdout)
	}
<% endif %>
	return app.Run(ctx, cfg, os.Stdout)
}
