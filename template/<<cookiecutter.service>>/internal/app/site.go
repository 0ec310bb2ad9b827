package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/httpapi"
	"<< cookiecutter.module >>/internal/offline"
	"<< cookiecutter.module >>/internal/telemetry"
)

// site is what the service has because its link may be down.
type site struct {
	queue *offline.Queue // nil where nothing is recorded
	hooks []httpapi.Hook
<% if cookiecutter.edge_model %>
	*models
<% endif %>
}

// guard keeps requests away while the site cannot answer them, and says why.
func (s *site) guard(probes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := s.unfit(); why != nil && r.URL.Path == "/readyz" {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "no\n"+why.Error(), http.StatusServiceUnavailable)
			return
		}
		probes.ServeHTTP(w, r)
	})
}

func (s *site) unfit() error {
<% if cookiecutter.edge_model %>
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
<% if cookiecutter.edge_model %>
	if s.models, err = openModels(ctx, cfg.Model, metrics, log); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if s.models != nil {
		s.hooks = append(s.hooks, httpapi.Discount(s.current.Load))
	}
<% endif %>
	if cfg.QueueDir == "" {
		return s, nil
	}
	if s.queue, err = offline.Open(ctx, cfg.QueueDir, cfg.QueueBytes, log); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	s.hooks = append(s.hooks, httpapi.Record(cfg.Site, s.queue.Append))
	forwarder := offline.NewForwarder(s.queue, cfg.Upstream, log)
	metrics.WatchQueue(s.queue, forwarder)
	if cfg.Upstream != "" {
		go forwarder.Run(ctx)
	}
	return s, nil
}
