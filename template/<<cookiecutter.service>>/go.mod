module << cookiecutter.module >>

go 1.26.0

require (
<% if cookiecutter.eventing == "kafka" %>
	github.com/aws/aws-sdk-go-v2 v1.48.0
	github.com/aws/aws-sdk-go-v2/credentials v1.21.0
<% endif %>
<% if cookiecutter.eventing == "kafka" and cookiecutter.tracing %>
	github.com/cenkalti/backoff/v5 v5.0.3
<% endif %>
<% if cookiecutter.tracing %>
	github.com/go-logr/logr v1.4.4
<% endif %>
	github.com/prometheus/client_golang v1.25.0
<% if cookiecutter.eventing == "kafka" %>
	github.com/twmb/franz-go v1.22.1
<% endif %>
<% if cookiecutter.config_center == "etcd" %>
	go.etcd.io/etcd/api/v3 v3.7.3
	go.etcd.io/etcd/client/v3 v3.7.3
<% endif %>
<% if cookiecutter.tracing %>
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.72.0
	go.opentelemetry.io/otel v1.47.0
<% endif %>
<% if cookiecutter.eventing == "kafka" and cookiecutter.tracing %>
	go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.47.0
<% endif %>
<% if cookiecutter.eventing == "none" and cookiecutter.tracing %>
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp v1.47.0
<% endif %>
<% if cookiecutter.tracing %>
	go.opentelemetry.io/otel/sdk v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
<% endif %>
<% if cookiecutter.eventing == "kafka" and cookiecutter.tracing %>
	go.opentelemetry.io/proto/otlp v1.11.0
<% endif %>
<% if cookiecutter.config_center == "etcd" %>
	go.uber.org/zap v1.27.1
<% endif %>
	go.yaml.in/yaml/v3 v3.0.6
<% if cookiecutter.config_center == "etcd" %>
	google.golang.org/grpc v1.83.2
<% endif %>
<% if cookiecutter.eventing == "kafka" and cookiecutter.tracing %>
	google.golang.org/protobuf v1.36.12
<% endif %>
)

require (
<% if cookiecutter.eventing == "kafka" %>
	github.com/aws/smithy-go v1.28.9 // indirect
<% endif %>
	github.com/beorn7/perks v1.0.1 // indirect
<% if cookiecutter.eventing == "none" and cookiecutter.tracing %>
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
<% endif %>
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
<% if cookiecutter.config_center == "etcd" %>
	github.com/coreos/go-semver v0.3.1 // indirect
	github.com/coreos/go-systemd/v22 v22.7.0 // indirect
<% endif %>
<% if cookiecutter.tracing %>
	github.com/felixge/httpsnoop v1.1.0 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" %>
	github.com/golang/protobuf v1.5.4 // indirect
<% endif %>
<% if cookiecutter.tracing %>
	github.com/google/uuid v1.6.0 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" or cookiecutter.eventing == "none" and cookiecutter.tracing %>
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.30.0 // indirect
<% endif %>
<% if cookiecutter.eventing == "kafka" %>
	github.com/klauspost/compress v1.20.1 // indirect
<% endif %>
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
<% if cookiecutter.eventing == "kafka" %>
	github.com/pierrec/lz4/v4 v4.1.30 // indirect
<% endif %>
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
<% if cookiecutter.eventing == "kafka" %>
	github.com/twmb/franz-go/pkg/kmsg v1.14.0 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" %>
	go.etcd.io/etcd/client/pkg/v3 v3.7.3 // indirect
<% endif %>
<% if cookiecutter.tracing %>
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" and not cookiecutter.tracing %>
	go.opentelemetry.io/otel v1.47.0 // indirect
<% endif %>
<% if cookiecutter.eventing == "none" and cookiecutter.tracing %>
	go.opentelemetry.io/otel/exporters/otlp/otlptrace v1.47.0 // indirect
<% endif %>
<% if cookiecutter.tracing %>
	go.opentelemetry.io/otel/log v1.47.0 // indirect
	go.opentelemetry.io/otel/metric v1.47.0 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" and not cookiecutter.tracing %>
	go.opentelemetry.io/otel/sdk/metric v1.47.0 // indirect
<% endif %>
<% if cookiecutter.eventing == "none" and cookiecutter.tracing %>
	go.opentelemetry.io/proto/otlp v1.11.0 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" %>
	go.uber.org/multierr v1.11.0 // indirect
<% endif %>
<% if cookiecutter.config_center == "etcd" or cookiecutter.eventing == "none" and cookiecutter.tracing %>
	golang.org/x/net v0.61.0 // indirect
<% endif %>
	golang.org/x/sys v0.49.0 // indirect
<% if cookiecutter.config_center == "etcd" or cookiecutter.eventing == "none" and cookiecutter.tracing %>
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20260928230214-8a89bd6388cc // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260928230214-8a89bd6388cc // indirect
<% endif %>
<% if cookiecutter.eventing == "none" and not cookiecutter.config_center == "etcd" and cookiecutter.tracing %>
	google.golang.org/grpc v1.83.2 // indirect
<% endif %>
<% if cookiecutter.eventing == "none" or not cookiecutter.tracing %>
	google.golang.org/protobuf v1.36.12 // indirect
<% endif %>
)
