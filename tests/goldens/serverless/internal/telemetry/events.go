package telemetry

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// StartEvent starts the span of an event, which continues the trace that its extensions name and is linked to the
// delivery. The extensions then name the span, for the reply. The returned function ends it.
func StartEvent(ctx context.Context, kind string, extensions map[string]string) (context.Context, func(error)) {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer)}
	carrier := propagation.MapCarrier(extensions)
	if extensions["traceparent"] != "" {
		options = append(options, trace.WithLinks(trace.LinkFromContext(ctx)))
		ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	}
	ctx, span := otel.Tracer("events").Start(ctx, "process "+kind, options...)
	propagation.TraceContext{}.Inject(ctx, carrier)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}
