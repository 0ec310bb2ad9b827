// Package telemetry makes the logger, the metrics and, where they are wanted, the traces.
package telemetry

import (
	"io"
	"log/slog"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// NewLogger returns a logger that writes JSON lines.
func NewLogger(out io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}))
}

// Metrics are the service's RED metrics (rate, errors, duration) and what protects it.
type Metrics struct {
	Requests *prometheus.HistogramVec // seconds, by method, route and code
	InFlight prometheus.Gauge
	Shed     prometheus.Counter
	Panics   prometheus.Counter

	registry *prometheus.Registry
}

// NewMetrics registers the service's metrics.
func NewMetrics() *Metrics {
	m := &Metrics{
		Requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route", "code"}),
		InFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "http_server_active_requests", Help: "Requests being answered now."}),
		Shed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "http_server_shed_requests_total", Help: "Requests refused because too many were in flight."}),
		Panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "http_server_panics_total", Help: "Panics in handlers that were turned into a 500."}),
		registry: prometheus.NewRegistry(),
	}
	m.registry.MustRegister(m.Requests, m.InFlight, m.Shed, m.Panics)
	return m
}

// Handler serves the metrics to Prometheus, the Go runtime's and the process's too. Those are registered by the first
// scrape: a start that somebody waits for has no time for it.
func (m *Metrics) Handler() http.Handler {
	handler := sync.OnceValue(func() http.Handler {
		m.registry.MustRegister(
			collectors.NewGoCollector(),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
			collectors.NewBuildInfoCollector())
		return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 2, EnableOpenMetrics: true})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler().ServeHTTP(w, r) })
}
