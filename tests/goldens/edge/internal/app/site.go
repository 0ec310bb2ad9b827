package app

import (
	"context"
	"fmt"
	"log/slog"

	"example.com/orders/internal/config"
	"example.com/orders/internal/httpapi"
	"example.com/orders/internal/offline"
	"example.com/orders/internal/telemetry"
)

// site is what the service has because its link may be down.
type site struct {
	queue *offline.Queue // nil where nothing is recorded
	keep  []httpapi.Keep
}

// unfit keeps requests away while the site cannot answer them, and says why.
func (s *site) unfit() error {
	if s.queue == nil {
		return nil
	}
	return s.queue.Broken()
}

// openSite opens it, and forwards what is recorded until ctx ends. What is recorded later waits for the next start.
func openSite(ctx context.Context, cfg config.Config, metrics *telemetry.Metrics, log *slog.Logger) (_ *site, err error) {
	s := new(site)
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
