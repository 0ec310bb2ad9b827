package app

import (
	"context"
	"fmt"
	"log/slog"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/httpapi"
	"<< cookiecutter.module >>/internal/offline"
	"<< cookiecutter.module >>/internal/telemetry"
)

// site is what the service has because its link may be down.
type site struct {
	queue *offline.Queue // nil where nothing is recorded
	keep  []httpapi.Keep
<% if cookiecutter.__model %>
	*models
<% endif %>
}

// unfit keeps requests away while the site cannot answer them, and says why.
func (s *site) unfit() error {
<% if cookiecutter.__model %>
	if err := s.missing(); err != nil {
		return err
	}
<% endif %>
	if s.queue == nil {
		return nil
	}
	return s.queue.Broken()
}

// openSite opens it, and forwards what is recorded until ctx ends. What is recorded later waits for the next start.
func openSite(ctx context.Context, cfg config.Config, metrics *telemetry.Metrics, log *slog.Logger) (_ *site, err error) {
	s := new(site)
<% if cookiecutter.__model %>
	if s.models, err = openModels(ctx, cfg.Model, metrics, log); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if s.models != nil {
		httpapi.UseDiscounts(s.current.Load)
	}
<% endif %>
	if cfg.QueueDir == "" {
		return s, nil
	}
	if s.queue, err = offline.Open(ctx, cfg.QueueDir, cfg.QueueBytes, log); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	s.keep = append(s.keep, httpapi.Record(cfg.Site, s.queue.Append))
	forwarder := offline.NewForwarder(s.queue, cfg.Upstream, log)
	metrics.WatchQueue(s.queue, forwarder)
	if cfg.Upstream != "" {
		go forwarder.Run(ctx)
	}
	return s, nil
}
