package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
<% if cookiecutter.resources == "latency" %>
	"runtime"
<% endif %>
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/config/configtest"
)

func newApp(t *testing.T, out io.Writer, args ...string) *app {
	t.Helper()
	args = append([]string{"-addr", "127.0.0.1:0", "-admin-addr", "127.0.0.1:0", "-pprof-addr", "127.0.0.1:0", "-shutdown-delay", "0s"}, args...)
	cfg, err := config.Load(args, configtest.Env, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	a, err := build(t.Context(), cfg, out)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// start runs a until the returned stop, which gives run's error.
func start(t *testing.T, a *app) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	for status(t, a.admin, "/readyz") != http.StatusOK {
		select {
		case err := <-done:
			t.Fatalf("ended before it was ready: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	return func() error { cancel(); return <-done }
}

func status(t *testing.T, s *server, path string) int {
	t.Helper()
	res, err := http.Get("http://" + s.addr() + path)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestLifecycle(t *testing.T) {
	var out bytes.Buffer
	a := newApp(t, &out)
	a.mux.HandleFunc("GET /its/own/test", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	stop := start(t, a)
<% if cookiecutter.eventing == "kafka" %>
	res, err := http.Post("http://"+a.service.addr(), "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("what is no event got %d", res.StatusCode)
	}
<% endif %>
	if code := status(t, a.service, "/its/own/test"); code != http.StatusNoContent {
		t.Errorf("a request got %d", code)
	}
	for path, s := range map[string]*server{"/livez": a.admin, "/startupz": a.admin, "/metrics": a.admin, "/debug/pprof/": a.pprof} {
		if code := status(t, s, path); code != http.StatusOK {
			t.Errorf("%s got %d", path, code)
		}
	}
	if code := status(t, a.admin, "/debug/pprof/"); code != http.StatusNotFound {
		t.Errorf("profiles are on the admin listener: %d", code)
	}
	if err := stop(); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	for _, event := range []string{"starting", "ready", "draining", "stopped"} {
		if !strings.Contains(out.String(), `"msg":"`+event+`"`) {
			t.Errorf("no %q in the log:\n%s", event, &out)
		}
	}
}

func TestDrainFinishesRequestsInFlight(t *testing.T) {
	a := newApp(t, io.Discard)
	entered, leave := make(chan struct{}), make(chan struct{})
	a.service.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		w.WriteHeader(http.StatusNoContent)
	})
	stop := start(t, a)
	answered := make(chan int)
	go func() { answered <- status(t, a.service, "/") }()
	<-entered
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	for status(t, a.admin, "/readyz") != http.StatusServiceUnavailable {
		time.Sleep(time.Millisecond)
	}
	if code := status(t, a.admin, "/livez"); code != http.StatusOK {
		t.Errorf("/livez is %d during the drain: the kubelet would kill the pod", code)
	}
	close(leave)
	if code := <-answered; code != http.StatusNoContent {
		t.Errorf("the request in flight got %d", code)
	}
	if err := <-stopped; err != nil {
		t.Errorf("shutdown: %v", err)
	}
}

// TestDependenciesAreClosedAfterTheLastRequest asks for the order of the drain.
func TestDependenciesAreClosedAfterTheLastRequest(t *testing.T) {
	a := newApp(t, io.Discard)
	entered, leave, order := make(chan struct{}), make(chan struct{}), make(chan string, 2)
	a.mux.HandleFunc("GET /its/own/test", func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
		order <- "request"
	})
	a.close = func(ctx context.Context) error {
		order <- "closed"
		if _, ok := ctx.Deadline(); !ok {
			t.Error("it may take for ever")
		}
		return errors.New("still busy")
	}
	stop := start(t, a)
	go status(t, a.service, "/its/own/test")
	<-entered
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	close(leave)
	if err := <-stopped; err == nil || !strings.Contains(err.Error(), "still busy") {
		t.Errorf("got %v", err)
	}
	if first, second := <-order, <-order; first != "request" || second != "closed" {
		t.Errorf("first %s, then %s", first, second)
	}
}

func TestStalledServiceIsNotAlive(t *testing.T) {
	var out bytes.Buffer
	a := newApp(t, &out)
	a.probes.Progress.Limit = time.Millisecond
	leave, answered := make(chan struct{}), make(chan int)
	a.mux.HandleFunc("GET /its/own/test", func(http.ResponseWriter, *http.Request) { hangHere(leave) })
	stop := start(t, a)
	go func() { answered <- status(t, a.service, "/its/own/test") }()
	for status(t, a.admin, "/livez") != http.StatusServiceUnavailable {
		time.Sleep(time.Millisecond)
	}
	close(leave)
	if code := <-answered; code != http.StatusOK {
		t.Errorf("what hung got %d", code)
	}
	if code := status(t, a.admin, "/livez"); code != http.StatusOK {
		t.Errorf("/livez is %d once all requests have ended", code)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if log := out.String(); !strings.Contains(log, `"msg":"stalled"`) || !strings.Contains(log, "app.hangHere(") {
		t.Errorf("the log does not say where it hung:\n%s", log)
	}
}

//go:noinline
func hangHere(leave chan struct{}) { <-leave }

func TestDrainAsksClientsToLeave(t *testing.T) {
	a := newApp(t, io.Discard)
	start(t, a)
	closes := func() bool {
		res, err := http.Get("http://" + a.service.addr() + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.Close
	}
	if closes() {
		t.Error("a connection is closed while serving")
	}
	a.probes.Stop()
	if !closes() {
		t.Error("a connection is kept while draining")
	}
}

func TestFailingListenerEndsTheService(t *testing.T) {
	a := newApp(t, io.Discard)
	_ = a.admin.listener.Close()
	if err := a.run(t.Context()); err == nil || !strings.Contains(err.Error(), "admin: ") {
		t.Errorf("got %v", err)
	}
}

func TestDrainIsBounded(t *testing.T) {
	a := newApp(t, io.Discard, "-request-timeout", "10ms", "-drain-timeout", "10ms")
	entered := make(chan struct{})
	a.service.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})
	stop := start(t, a)
	go status(t, a.service, "/")
	<-entered
	if err := stop(); err == nil || !strings.Contains(err.Error(), "requests cut off after 10ms") {
		t.Errorf("got %v", err)
	}
}

// TestEveryLineIsOurs logs as an owner does who asks nobody for a logger.
func TestEveryLineIsOurs(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	var out bytes.Buffer
	newApp(t, &out)
	slog.Error("no database", "error", "refused")
	if line := `"level":"ERROR","msg":"no database","error":"refused"`; !strings.Contains(out.String(), line) {
		t.Errorf("not among the lines of the service: %s", &out)
	}
}

func TestABusyPortForProfilesIsNoReasonNotToStart(t *testing.T) {
	other := newApp(t, io.Discard)
	defer other.pprof.listener.Close()
	var out bytes.Buffer
	a := newApp(t, &out, "-pprof-addr", other.pprof.addr())
	stop := start(t, a)
	if err := stop(); err != nil || !strings.Contains(out.String(), `"level":"WARN","msg":"no profiles`) {
		t.Errorf("got %v, logged %s", err, &out)
	}
}

func TestAnUnknownVariableIsAWarning(t *testing.T) {
	t.Setenv("APP_LOGLEVEL", "debug")
	var out bytes.Buffer
	newApp(t, &out)
	if !strings.Contains(out.String(), `"name":"APP_LOGLEVEL","nearest":"APP_LOG_LEVEL"`) {
		t.Errorf("logged %s", &out)
	}
}

func TestTheServerIsBounded(t *testing.T) {
	a := newApp(t, io.Discard, "-request-timeout", "3s", "-max-header-bytes", "5000")
	s := a.service
	if s.ReadTimeout != 3*time.Second || s.WriteTimeout != 8*time.Second || s.ReadHeaderTimeout == 0 || s.IdleTimeout == 0 || s.MaxHeaderBytes != 5000 {
		t.Errorf("the service: %+v", &s.Server)
	}
	if a.admin.WriteTimeout == 0 || a.admin.ReadHeaderTimeout == 0 || a.admin.MaxHeaderBytes == 0 {
		t.Errorf("admin: %+v", &a.admin.Server)
	}
	if s.ConnState == nil || a.admin.ConnState == nil {
		t.Error("connections are not bounded")
	}
}

func TestAddressInUse(t *testing.T) {
	a := newApp(t, io.Discard)
	defer a.service.listener.Close()
	cfg := a.cfg
	cfg.Addr = a.service.addr()
	if _, err := build(t.Context(), cfg, io.Discard); err == nil || !strings.Contains(err.Error(), "service: ") {
		t.Errorf("got %v", err)
	}
}

func TestLimitMemory(t *testing.T) {
	none := func(string) string { return "" }
	set := func(string) string { return "100MiB" }
	const v2, v1 = "sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"
	for name, test := range map[string]struct {
		path, text string
		getenv     func(string) string
		want       int64
		fails      bool
	}{
		"v2":              {v2, "1000000000\n", none, 10_000_000 * memoryPercent, false},
		"v1":              {v1, "1000000000\n", none, 10_000_000 * memoryPercent, false},
		"tiny":            {v2, "1000\n", none, min(750, 10*memoryPercent), false},
		"v2 without":      {v2, "max\n", none, math.MaxInt64, false},
		"v1 without":      {v1, "9223372036854771712\n", none, math.MaxInt64, false},
		"no cgroup":       {"etc/hostname", "laptop", none, math.MaxInt64, false},
		"unreadable":      {v2, "plenty", none, math.MaxInt64, true},
		"GOMEMLIMIT wins": {v2, "1000000000\n", set, math.MaxInt64, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := debug.SetMemoryLimit(math.MaxInt64)
			defer debug.SetMemoryLimit(before)
			root := fstest.MapFS{test.path: {Data: []byte(test.text)}}
			got, err := limitMemory(root, test.getenv)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %d, %v; want %d", got, err, test.want)
			}
		})
	}
}

func TestALimitThatChangesIsHeeded(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	synctest.Test(t, func(t *testing.T) {
		none := func(string) string { return "" }
		dir := t.TempDir()
		file := filepath.Join(dir, "sys/fs/cgroup/memory.max")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		go followMemory(t.Context(), os.DirFS(dir), none, slog.New(slog.DiscardHandler))
		for limit, want := range map[string]int64{"2000000000": 20_000_000 * memoryPercent, "1000000000": 10_000_000 * memoryPercent, "max": math.MaxInt64} {
			if err := os.WriteFile(file, []byte(limit), 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(readAgain)
			synctest.Wait()
			if got := debug.SetMemoryLimit(-1); got != want {
				t.Errorf("under %s Go may use %d, want %d", limit, got, want)
			}
		}
	})
}
<% if cookiecutter.resources == "latency" %>

func TestLimitCPU(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, test := range []struct {
		millicores, found int
		set               string
		want              int
	}{
		{100, 8, "", 2}, {1000, 8, "", 2}, {1001, 8, "", 3}, {2500, 8, "", 5}, {64000, 8, "", 8}, {100, 1, "", 1},
		{100, 8, "8", 8}, {0, 8, "", 8},
	} {
		runtime.GOMAXPROCS(test.found)
		limitCPU(test.millicores, func(string) string { return test.set })
		if got := runtime.GOMAXPROCS(0); got != test.want {
			t.Errorf("%dm, found %d, GOMAXPROCS=%q: got %d, want %d", test.millicores, test.found, test.set, got, test.want)
		}
	}
}
<% endif %>
