package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
<% if cookiecutter.eventing == "kafka" %>
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
<% else %>
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
<% endif %>
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"<< cookiecutter.module >>/internal/memory"
)

// Tracing exports spans over OTLP/HTTP. Nil means that no endpoint is set and costs nothing.
type Tracing struct{ provider *sdktrace.TracerProvider }

<% if cookiecutter.eventing == "kafka" %>
// StartTracing installs the global tracer provider, or returns nil where the environment names no
// OTLP endpoint. What newCollector heeds, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES apply.
<% else %>
// StartTracing installs the global tracer provider, or returns nil where the environment names no OTLP endpoint.
// OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES apply.
<% endif %>
func StartTracing(ctx context.Context, service, version string, log *slog.Logger) (*Tracing, error) {
	if wanted, err := traced(os.Getenv); err != nil || !wanted {
		return nil, err
	}
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
<% if cookiecutter.eventing == "kafka" %>
	to, err := newCollector(os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	exporter, err := otlptrace.New(ctx, to)
<% else %>
	exporter, err := otlptracehttp.New(ctx)
<% endif %>
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	res, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		log.Warn("tracing", "error", err) // what could be read is in res
	}
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = 256 // a caller's path may have as many bytes as a header
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(memory.Spans())))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("tracing", "error", err) }))
	return &Tracing{provider}, nil
}

// traced reports whether the environment asks for traces, and refuses what would lose them in silence.
func traced(getenv func(string) string) (bool, error) {
	endpoint := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"))
	if endpoint == "" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false, nil
	}
	if at, err := url.Parse(endpoint); err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return false, fmt.Errorf("tracing: the OTLP endpoint %q is not a URL such as http://localhost:4318", endpoint)
	}
	if protocol != "" && protocol != "http/protobuf" {
		return false, fmt.Errorf("tracing: the OTLP protocol %q is not spoken here: want http/protobuf, on a collector's port 4318", protocol)
	}
	return true, nil
}

// Wrap gives each request a span that continues the caller's trace, and each answer W3C's traceresponse, which names it.
func (t *Tracing) Wrap(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span := trace.SpanContextFromContext(r.Context())
		w.Header().Set("Traceresponse", "00-"+span.TraceID().String()+"-"+span.SpanID().String()+"-"+span.TraceFlags().String())
		next.ServeHTTP(w, r)
	}), "http.server")
}

// Observe measures seconds. The trace of ctx, where it is sampled, is the exemplar: one of what the bucket counts.
func Observe(ctx context.Context, in prometheus.Observer, seconds float64) {
	if span := trace.SpanContextFromContext(ctx); span.IsSampled() {
		in.(prometheus.ExemplarObserver).ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": span.TraceID().String()})
		return
	}
	in.Observe(seconds)
}

// Flush sends the spans that are still buffered, until ctx ends: without a collector it would wait as long as it may.
func (t *Tracing) Flush(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// WithTraceIDs adds the ids of the current span to each log line.
func WithTraceIDs(log *slog.Logger) *slog.Logger { return slog.New(traceLog{log.Handler()}) }

type traceLog struct{ slog.Handler }

func (h traceLog) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

func (h traceLog) WithAttrs(a []slog.Attr) slog.Handler { return traceLog{h.Handler.WithAttrs(a)} }
func (h traceLog) WithGroup(name string) slog.Handler   { return traceLog{h.Handler.WithGroup(name)} }
