package telemetry

import "github.com/prometheus/client_golang/prometheus"

// WatchModel registers which version is in use. The function that it returns is told; a fallback is a version that
// was not wanted, and a wave whose sites show one should go no further.
func (m *Metrics) WatchModel() (use func(version string, fallback bool)) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "model_info", Help: "1 for the version in use; no line where there is none."}, []string{"version"})
	other := prometheus.NewGauge(prometheus.GaugeOpts{Name: "model_fallback", Help: "1 while another version is in use than the wanted one, or none."})
	other.Set(1)
	m.registry.MustRegister(info, other)
	return func(version string, fallback bool) {
		info.Reset()
		info.WithLabelValues(version).Set(1)
		other.Set(0)
		if fallback {
			other.Set(1)
		}
	}
}
