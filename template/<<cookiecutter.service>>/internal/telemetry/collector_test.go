package telemetry

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// environment returns a getenv of these variables.
func environment(pairs ...string) func(string) string {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func TestWhereSpansGo(t *testing.T) {
	const general, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	for want, getenv := range map[string]func(string) string{
		"http://c:4318/v1/traces":   environment(general, "http://c:4318"),
		"https://c/otlp/v1/traces":  environment(general, "https://c/otlp/"),
		"https://c/spans":           environment(own, "https://c/spans"),
		"https://mine/api/v2/spans": environment(general, "http://c:4318", own, "https://mine/api/v2/spans"),
	} {
		c, err := newCollector(getenv)
		if err != nil || c.url != want {
			t.Errorf("got %v, %v; want %s", c, err, want)
		}
	}
}

func TestAWrongSettingIsRefused(t *testing.T) {
	const endpoint, url = "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"
	for _, getenv := range []func(string) string{
		environment(endpoint, url, "OTEL_EXPORTER_OTLP_HEADERS", "no value"),
		environment(endpoint, url, "OTEL_EXPORTER_OTLP_HEADERS", "key=%zz"),
		environment(endpoint, url, "OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
	} {
		if c, err := newCollector(getenv); err == nil {
			t.Errorf("taken: %+v", c)
		}
	}
}

func TestHeadersAndTimeout(t *testing.T) {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	c, err := newCollector(environment(endpoint, "http://c",
		"OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%2Fb, tenant = one", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1500"))
	if err != nil {
		t.Fatal(err)
	}
	if key, tenant := c.header.Get("Api-Key"), c.header.Get("Tenant"); key != "a/b" || tenant != "one" {
		t.Errorf("headers %v", c.header)
	}
	if c.client.Timeout != 1500*time.Millisecond {
		t.Errorf("timeout %s", c.client.Timeout)
	}
}

func TestSpansAreSentAgainUntilTheCollectorTakesThem(t *testing.T) {
	answers := []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusOK}
	var bodies [][]byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(answers[len(bodies)])
		bodies = append(bodies, body)
	}))
	defer server.Close()
	c, err := newCollector(environment("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL))
	if err != nil {
		t.Fatal(err)
	}
	sent := []*tracepb.ResourceSpans{{SchemaUrl: "here"}}
	if err := c.UploadTraces(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != len(answers) {
		t.Fatalf("sent %d times, want %d", len(bodies), len(answers))
	}
	var got tracepb.TracesData
	if err := proto.Unmarshal(bodies[2], &got); err != nil || got.GetResourceSpans()[0].GetSchemaUrl() != "here" {
		t.Errorf("sent %v, %v", &got, err)
	}
}

func TestWhatTheCollectorRefusesIsNotSentAgain(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	c, err := newCollector(environment("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.UploadTraces(t.Context(), nil); err == nil || asked != 1 {
		t.Errorf("asked %d times, error %v", asked, err)
	}
}

// watched is an answer of the collector, and what became of it.
type watched struct {
	io.Reader

	closed bool
}

func (w *watched) Close() error { w.closed = true; return nil }

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: w, Request: r}, nil
}

func TestAConnectionIsUsedAgain(t *testing.T) {
	text := strings.NewReader("taken")
	answer := &watched{Reader: text}
	c := &collector{url: "http://c", client: http.Client{Transport: answer}}
	if _, err := c.post(t.Context(), nil); err != nil || !answer.closed || text.Len() != 0 {
		t.Errorf("closed: %v, %d bytes are left, %v", answer.closed, text.Len(), err)
	}
}
