package deps

import (
	"log/slog"
	"net"
	"net/http"
	"time"

<% if cookiecutter.tracing %>
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

<% endif %>
	"<< cookiecutter.module >>/internal/config"
)

// Core is what the service gives: settings are asked for where they are used, since they may change.
type Core struct {
	Log      *slog.Logger
	Settings func() *config.Config
	HTTP     *http.Client // for calls of other services
}

// NewCore returns it.
func NewCore(log *slog.Logger, settings func() *config.Config) Core {
<% if cookiecutter.tracing %>
	return Core{log, settings, &http.Client{Timeout: callTimeout, Transport: otelhttp.NewTransport(bounded{transport()})}}
<% else %>
	return Core{log, settings, &http.Client{Timeout: callTimeout, Transport: bounded{transport()}}}
<% endif %>
}

// Bounds of a call, which ends with the context of its request at the latest.
const (
	callTimeout = 5 * time.Second
	callsAHost  = 32        // at once; the others wait
	answerBytes = 64 * 1024 // a longer answer ends in an error
)

func transport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: time.Second}).DialContext,
		MaxConnsPerHost:        callsAHost,
		MaxIdleConnsPerHost:    callsAHost,
		MaxResponseHeaderBytes: 16 * 1024,
		IdleConnTimeout:        time.Minute,
	}
}

// bounded cuts answers off.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = http.MaxBytesReader(nil, res.Body, answerBytes)
	return res, nil
}
