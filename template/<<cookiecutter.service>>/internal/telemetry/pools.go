package telemetry

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
)

// WatchPool registers what shows whether the connections of a database suffice. It asks for Stats of a *sql.DB; of
// another pool they are filled in from its own.
func (m *Metrics) WatchPool(name string, stats func() sql.DBStats) {
	desc := func(metric, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("db_client_connection_"+metric, help, labels, prometheus.Labels{"pool": name})
	}
	m.registry.MustRegister(&pool{
		stats: stats,
		count: desc("count", "Connections that are open.", "state"),
		most:  desc("max", "Connections that may be open, 0 for any number."),
		wait:  desc("wait_time_seconds", "Time that callers waited for a connection."),
	})
}

type pool struct {
	stats             func() sql.DBStats
	count, most, wait *prometheus.Desc
}

func (p *pool) Describe(descs chan<- *prometheus.Desc) {
	descs <- p.count
	descs <- p.most
	descs <- p.wait
}

func (p *pool) Collect(metrics chan<- prometheus.Metric) {
	stats := p.stats()
	metrics <- prometheus.MustNewConstMetric(p.count, prometheus.GaugeValue, float64(stats.InUse), "used")
	metrics <- prometheus.MustNewConstMetric(p.count, prometheus.GaugeValue, float64(stats.Idle), "idle")
	metrics <- prometheus.MustNewConstMetric(p.most, prometheus.GaugeValue, float64(stats.MaxOpenConnections))
	metrics <- prometheus.MustNewConstSummary(p.wait, uint64(max(0, stats.WaitCount)), stats.WaitDuration.Seconds(), nil)
}
