package deps

import (
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"example.com/orders/internal/config"
	"example.com/orders/internal/memory"
)

// Core is what the service gives. Settings are asked for where they are used: a config centre may change them.
type Core struct {
	Log      *slog.Logger
	Settings func() *config.Config
	HTTP     *http.Client // for calls to other services: bounded, and a part of the request's trace
}

// Bounds of a call. It ends with the context of its request as well. How many a host gets at once, follows from the memory.
const (
	callTimeout = 5 * time.Second
	answerBytes = 64 * 1024 // a longer answer ends in an error
)

// NewCore returns what the service gives: the log, its settings, and a client.
func NewCore(log *slog.Logger, settings func() *config.Config) Core {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = memory.Calls(), memory.Calls() // more of them wait
	transport.MaxResponseHeaderBytes = 16 * 1024
	return Core{Log: log, Settings: settings, HTTP: &http.Client{Timeout: callTimeout, Transport: otelhttp.NewTransport(bounded{transport})}}
}

type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.Transport.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, answerBytes)
	}
	return res, err
}
