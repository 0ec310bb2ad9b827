package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes spans to an OpenTelemetry collector: protobuf over HTTP. The SDK has a client for that, which brings
// gRPC along; that alone would be a tenth of a cold start.
type collector struct {
	url    string
	header http.Header
	client http.Client
}

// newCollector heeds OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_TIMEOUT, and before
// them the same with TRACES_ after OTLP_. A certificate authority of your own goes into SSL_CERT_FILE.
func newCollector(getenv func(string) string) (*collector, error) {
	get := func(name string) string {
		if value := getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); value != "" {
			return value
		}
		return getenv("OTEL_EXPORTER_OTLP_" + name)
	}
	c := &collector{url: getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), header: http.Header{}}
	if c.url == "" { // the other one is where traces, metrics and logs have a path each
		c.url = strings.TrimSuffix(getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "/") + "/v1/traces"
	}
	for pair := range strings.FieldsFuncSeq(get("HEADERS"), func(r rune) bool { return r == ',' }) {
		name, escaped, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(escaped))
		if !found || err != nil {
			return nil, errors.New("an OTLP header is not name=value, with %XX for special characters")
		}
		c.header.Set(strings.TrimSpace(name), value)
	}
	c.header.Set("Content-Type", "application/x-protobuf")
	c.client.Timeout = 10 * time.Second
	if text := get("TIMEOUT"); text != "" {
		milliseconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("the OTLP timeout %q is not a number of milliseconds", text)
		}
		c.client.Timeout = time.Duration(milliseconds) * time.Millisecond
	}
	return c, nil
}

// Start does nothing: the connection is opened for the first spans.
func (c *collector) Start(context.Context) error { return nil }

// Stop does nothing: an upload ends with its context.
func (c *collector) Stop(context.Context) error { return nil }

// UploadTraces sends spans, again and again for a minute where the collector is away or has too much to do.
func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// The request of the protocol has one field, and is the same on the wire; its package imports gRPC.
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	_, err = backoff.Retry(ctx, func() (int, error) { return c.post(ctx, body) }, backoff.WithMaxElapsedTime(time.Minute))
	return err
}

// post sends spans once and returns the status. An error is permanent where the collector will never take them.
func (c *collector) post(ctx context.Context, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return 0, backoff.Permanent(err)
	}
	req.Header = c.header.Clone()
	res, err := c.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64*1024)) // so that the connection can be used again
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
			return res.StatusCode, backoff.RetryAfter(seconds)
		}
		return res.StatusCode, fmt.Errorf("the collector answers %s", res.Status)
	}
	if res.StatusCode/100 != 2 {
		return res.StatusCode, backoff.Permanent(fmt.Errorf("the collector answers %s", res.Status))
	}
	return res.StatusCode, nil
}
