// Package telemetry stands in for the service's own, whose libraries the bare program must not link: the
// middleware compiles against it, and is never called.
package telemetry

import "context"

// Metrics count nothing.
type Metrics struct {
	Requests               metric
	InFlight, Shed, Panics metric
}

type metric struct{}

func (metric) Inc()                             {}
func (metric) Dec()                             {}
func (metric) Observe(float64)                  {}
func (metric) WithLabelValues(...string) metric { return metric{} }

// Observe counts nothing.
func Observe(context.Context, metric, float64) {}
