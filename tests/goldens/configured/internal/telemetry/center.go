package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/orders/internal/config"
)

// WatchCenter registers what the following of the config centre is judged by.
func (m *Metrics) WatchCenter(status func() *config.Status) {
	m.registry.MustRegister(
		centerGauge("config_center_last_success_timestamp_seconds", "When the config centre last answered, 0 for never.",
			func() float64 {
				if seen := status().Seen; !seen.IsZero() {
					return float64(seen.UnixMilli()) / 1000
				}
				return 0
			}),
		centerGauge("config_center_staleness_seconds", "Time since the config centre last answered; since 1970 for never.",
			func() float64 {
				if seen := status().Seen; !seen.IsZero() {
					return time.Since(seen).Seconds()
				}
				return float64(time.Now().Unix())
			}),
		centerGauge("config_center_missing_keys", "Needed keys that nobody has said yet.",
			func() float64 { return float64(len(status().Missing)) }),
		centerCounter("config_center_applied_total", "Sets of values taken.", func() float64 { return float64(status().Applied) }),
		centerCounter("config_center_refused_total", "Sets of values refused.", func() float64 { return float64(status().Refused) }),
		centerCounter("config_center_failures_total", "Questions that the config centre did not answer.",
			func() float64 { return float64(status().Failed) }))
}

func centerGauge(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
}

func centerCounter(name, help string, value func() float64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
}
