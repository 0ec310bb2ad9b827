package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/telemetry"
)

// settle asks the config centre for its layer, and follows it until ctx ends. The logger follows log-level.
func settle(ctx context.Context, cfg config.Config, out io.Writer) (config.Config, *slog.Logger) {
	level := new(slog.LevelVar)
	level.Set(cfg.LogLevel)
	log := newLogger(out, level)
	cfg.OnChange(func(_ []string, now *config.Config) { level.Set(now.LogLevel) })
	cfg = cfg.Follow(ctx, log)
	level.Set(cfg.Now().LogLevel)
	return cfg, log
}

// watchCenter shows how the following goes: in metrics, and in front of the probes. A needed key that nobody has said
// yet keeps the service unready; once it was there, no loss of the centre takes readiness away.
func watchCenter(cfg config.Config, metrics *telemetry.Metrics, probes http.Handler) http.Handler {
	if cfg.Status() == nil {
		return probes
	}
	metrics.WatchCenter(cfg.Status)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := cfg.Status()
		if r.URL.Path != "/readyz" || len(status.Missing) == 0 && !r.URL.Query().Has("verbose") {
			probes.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if len(status.Missing) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = fmt.Fprintf(w, "no\nwaiting for %s\n", strings.Join(status.Missing, ", "))
		} else {
			probes.ServeHTTP(w, r)
		}
		if r.URL.Query().Has("verbose") {
			_, _ = io.WriteString(w, describe(status, time.Now()))
		}
	})
}

// describe says whose settings are in force and how old they are; what goes wrong is in the log.
func describe(status *config.Status, now time.Time) string {
	age := "never answered"
	if !status.Seen.IsZero() {
		age = fmt.Sprintf("answered %s ago", now.Sub(status.Seen).Round(time.Second))
	}
	if status.Error != "" {
		age += ", does not now"
	}
	return fmt.Sprintf("settings: from %s\nconfig centre: etcd, %s\n", status.From, age)
}
