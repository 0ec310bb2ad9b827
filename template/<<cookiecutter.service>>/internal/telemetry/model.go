package telemetry

import "github.com/prometheus/client_golang/prometheus"

// WatchModel registers which version is in use. The functions that it returns are told; a fallback is not the
// version that was wanted or installed last, and a wave whose sites show one should go no further.
func (m *Metrics) WatchModel() (use func(version string, fallback bool), failed func()) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "model_info", Help: "1 for the version in use; no line where there is none."}, []string{"version"})
	other := prometheus.NewGauge(prometheus.GaugeOpts{Name: "model_fallback", Help: "1 while a better version is not taken, or there is none."})
	other.Set(1)
	failures := prometheus.NewCounter(prometheus.CounterOpts{Name: "model_failures_total", Help: "Times that a version could not be taken."})
	m.registry.MustRegister(info, other, failures)
	return func(version string, fallback bool) {
		info.Reset()
		info.WithLabelValues(version).Set(1)
		other.Set(0)
		if fallback {
			other.Set(1)
		}
	}, failures.Inc
}
