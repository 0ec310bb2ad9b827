package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/orders/internal/offline"
)

// WatchQueue registers what shows whether the link suffices, and what is lost where it does not.
func (m *Metrics) WatchQueue(q *offline.Queue, f *offline.Forwarder) {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	counter := func(name, help string, value func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value()) })
	}
	m.registry.MustRegister(
		gauge("offline_queue_records", "Records that the upstream does not have yet.", func() float64 { return float64(q.Stats().Records) }),
		gauge("offline_queue_bytes", "Bytes that the queue takes of the disk.", func() float64 { return float64(q.Stats().Bytes) }),
		gauge("offline_queue_oldest_seconds", "Age of the oldest record, 0 where there is none.", func() float64 {
			if oldest := q.Stats().Oldest; !oldest.IsZero() {
				return max(0, time.Since(oldest).Seconds())
			}
			return 0
		}),
		counter("offline_queue_dropped_total", "Records dropped because the queue was full, or lost by the disk.", func() int64 { return q.Stats().Dropped }),
		counter("offline_queue_errors_total", "Times that the disk did not take records; no quote is given then.", func() int64 { return q.Stats().Errors }),
		counter("offline_forwarder_delivered_total", "Records that the upstream took.", f.Delivered.Load),
		counter("offline_forwarder_refused_total", "Records that the upstream will never take.", f.Refused.Load),
		counter("offline_forwarder_failures_total", "Attempts that failed; the record is tried again.", f.Failed.Load))
}
