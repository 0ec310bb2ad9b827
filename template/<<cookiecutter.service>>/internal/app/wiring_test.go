package app

import (
<% if cookiecutter.tracing %>
	"bytes"
	"context"
<% endif %>
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
<% if cookiecutter.tracing %>
	"strings"
<% endif %>
	"testing"
	"testing/synctest"
	"time"
)

func TestTheMemoryLimitIsReadAgainWhileItServes(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "")
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, io.Discard)
		defer shut(a)
		const other = 123456789
		debug.SetMemoryLimit(other)
		time.Sleep(readAgain)
		synctest.Wait()
		if debug.SetMemoryLimit(-1) == other {
			t.Error("it is not read again")
		}
	})
}

// shut closes the listeners of a service that was not started.
func shut(a *app) {
	for _, s := range []*server{a.service, a.admin, a.pprof} {
		_ = s.listener.Close()
	}
}

func TestTheDrainWaitsForThoseWhoStillSendRequests(t *testing.T) {
	const delay = 50 * time.Millisecond
	stop := start(t, newApp(t, io.Discard, "-shutdown-delay", delay.String()))
	began := time.Now()
	if err := stop(); err != nil || time.Since(began) < delay {
		t.Errorf("ended after %s, %v", time.Since(began), err)
	}
}

func TestNoProfilesAreServedWhereNoneAreWanted(t *testing.T) {
	a := newApp(t, io.Discard, "-pprof-addr", "")
	if a.pprof.listener != nil {
		t.Error("they have a port all the same")
	}
	if err := start(t, a)(); err != nil {
		t.Error(err)
	}
}

func TestProfiles(t *testing.T) {
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/profile", "/debug/pprof/trace"} {
		_, pattern := profiles().(*http.ServeMux).Handler(httptest.NewRequest(http.MethodGet, path, http.NoBody))
		if pattern != path {
			t.Errorf("%s is answered by %q", path, pattern)
		}
	}
}
<% if cookiecutter.tracing %>

func TestSpansOfTheLastRequestsAreSentBeforeTheEnd(t *testing.T) {
	var got bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = got.ReadFrom(r.Body) }))
	defer collector.Close()
	traced(t, collector.URL)
	a := newApp(t, io.Discard)
	stop := start(t, a)
	status(t, a.service, "/never-heard-of")
	if err := stop(); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(got.Bytes(), []byte("/never-heard-of")) {
		t.Errorf("the collector got %q", got.Bytes())
	}
}

func TestSpansThatAreLostAreNoFailure(t *testing.T) {
	release := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer collector.Close()
	defer close(release)
	traced(t, collector.URL)
	var out bytes.Buffer
	a := newApp(t, &out)
	a.service.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody))
	now, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.drain(now); err != nil || !strings.Contains(out.String(), `"msg":"spans lost"`) {
		t.Errorf("got %v, logged %s", err, &out)
	}
}

func TestAWrongEndpointForSpansEndsTheStart(t *testing.T) {
	a := newApp(t, io.Discard)
	shut(a)
	traced(t, "nonsense")
	if _, err := build(t.Context(), a.cfg, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "tracing: ") {
		t.Errorf("got %v", err)
	}
}

// traced sends spans to an endpoint, whatever the developer's own environment says.
func traced(t *testing.T, endpoint string) {
	t.Helper()
	for _, name := range []string{"SDK_DISABLED", "TRACES_EXPORTER", "TRACES_SAMPLER", "EXPORTER_OTLP_PROTOCOL", "EXPORTER_OTLP_TRACES_PROTOCOL", "EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv("OTEL_"+name, "")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
}
<% endif %>
