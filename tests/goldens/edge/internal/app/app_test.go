package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/config/configtest"
	"example.com/orders/internal/memory"
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
	t.Cleanup(func() { _ = a.pprof.Close() }) // a listener is closed once nobody can ask for it any more
	return a
}

// start runs a until the returned stop, which gives run's error.
func start(t *testing.T, a *app) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	waitFor(t, "readiness", func() bool {
		select {
		case err := <-done:
			t.Fatalf("ended before it was ready: %v", err)
		default:
		}
		return status(t, a.admin, "/readyz") == http.StatusOK
	})
	return func() error { cancel(); return within(t, done) }
}

const patience = 10 * time.Second // with what comes in milliseconds

// waitFor asks again until it holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for start := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// within returns what comes from a channel.
func within[T any](t *testing.T, from <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-from:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
	return got
}

func status(t *testing.T, s *server, path string) int {
	t.Helper()
	res, err := (&http.Client{Timeout: patience}).Get("http://" + s.addr() + path)
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode
}

func TestLifecycle(t *testing.T) {
	var out bytes.Buffer
	a := newApp(t, &out)
	a.mux.HandleFunc("GET /its/own/test", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	stop := start(t, a)
	if code := status(t, a.service, "/its/own/test"); code != http.StatusNoContent {
		t.Errorf("a request got %d", code)
	}
	for path, s := range map[string]*server{"/livez": a.admin, "/startupz": a.admin, "/metrics": a.admin, "/debug/pprof/": a.pprof, "/debug/pprof/trace?seconds=0.001": a.pprof} {
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

// TestTheOrderOfTheDrain has a request in flight, and something that it works with.
func TestTheOrderOfTheDrain(t *testing.T) {
	a := newApp(t, io.Discard)
	entered, leave, order := make(chan struct{}), make(chan struct{}), make(chan string, 2)
	a.mux.HandleFunc("GET /its/own/test", func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		order <- "request"
		w.WriteHeader(http.StatusNoContent)
	})
	a.close = func(ctx context.Context) error {
		order <- "closed"
		if _, ok := ctx.Deadline(); !ok {
			t.Error("it may take for ever")
		}
		return errors.New("still busy")
	}
	stop, answered, stopped := start(t, a), make(chan int), make(chan error)
	go func() { answered <- status(t, a.service, "/its/own/test") }()
	within(t, entered)
	go func() { stopped <- stop() }()
	waitFor(t, "the drain", func() bool { return status(t, a.admin, "/readyz") == http.StatusServiceUnavailable })
	if code := status(t, a.admin, "/livez"); code != http.StatusOK {
		t.Errorf("/livez is %d during the drain: the kubelet would kill the pod", code)
	}
	close(leave)
	if code := within(t, answered); code != http.StatusNoContent {
		t.Errorf("the request in flight got %d", code)
	}
	if err := within(t, stopped); err == nil || !strings.Contains(err.Error(), "still busy") {
		t.Errorf("got %v", err)
	}
	if first, second := within(t, order), within(t, order); first != "request" || second != "closed" {
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
	waitFor(t, "the stall", func() bool { return status(t, a.admin, "/livez") == http.StatusServiceUnavailable })
	close(leave)
	if code := within(t, answered); code != http.StatusOK {
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

func TestDrainAsksClientsToLeaveAndGivesThemTime(t *testing.T) {
	a := newApp(t, io.Discard, "-shutdown-delay", "50ms", "-pprof-addr", "")
	stop := start(t, a)
	for _, draining := range []bool{false, true} {
		res, err := http.Get("http://" + a.service.addr() + "/")
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.Close != draining {
			t.Errorf("a connection is closed: %v, while draining: %v", res.Close, draining)
		}
		a.probes.Stop()
	}
	began := time.Now()
	if err := stop(); err != nil || time.Since(began) < 50*time.Millisecond || a.pprof.listener != nil {
		t.Errorf("ended after %s, %v; profiles are served by %v", time.Since(began), err, a.pprof.listener)
	}
}

type lines chan string

func (l lines) Write(data []byte) (int, error) { l <- string(data); return len(data), nil }

func TestAListenerThatFailsEndsTheServiceUnlessItIsThatOfProfiles(t *testing.T) {
	for n, want := range []string{`"msg":"a listener failed","error":"service: `, `"msg":"a listener failed","error":"admin: `, `"level":"WARN","msg":"no more profiles"`} {
		out, done := make(lines, 100), make(chan error, 1)
		a := newApp(t, out)
		_ = []*server{a.service, a.admin, a.pprof}[n].listener.Close()
		ctx, stop := context.WithCancel(t.Context())
		go func() { done <- a.run(ctx) }()
		for line := ""; !strings.Contains(line, want); {
			line = within(t, out)
		}
		stop()
		if err := within(t, done); (err == nil) != (n == 2) {
			t.Errorf("%s: ended with %v", want, err)
		}
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
	within(t, entered)
	if err := stop(); err == nil || !strings.Contains(err.Error(), "requests cut off after 10ms") {
		t.Errorf("got %v", err)
	}
}

// TestEveryLineIsOurs logs as an owner does who asks nobody for a logger.
func TestEveryLineIsOurs(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	t.Setenv("APP_LOGLEVEL", "debug")
	var out bytes.Buffer
	newApp(t, &out)
	slog.Error("no database", "error", "refused")
	for _, line := range []string{`"name":"APP_LOGLEVEL","nearest":"APP_LOG_LEVEL"`, `"level":"ERROR","msg":"no database","error":"refused"`} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%s is not among the lines of the service: %s", line, &out)
		}
	}
}

func TestABusyPort(t *testing.T) {
	other := newApp(t, io.Discard)
	cfg := other.cfg
	cfg.Addr = other.service.addr()
	if _, err := build(t.Context(), cfg, io.Discard); err == nil || !strings.Contains(err.Error(), "service: ") {
		t.Errorf("got %v", err)
	}
	var out bytes.Buffer // that of profiles is no reason not to start
	stop := start(t, newApp(t, &out, "-pprof-addr", other.pprof.addr()))
	if err := stop(); err != nil || !strings.Contains(out.String(), `"level":"WARN","msg":"no profiles`) {
		t.Errorf("got %v, logged %s", err, &out)
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
	if got := a.probes.Progress.Limit; got != 8*time.Second {
		t.Errorf("a stall is %s without an end", got)
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
			follows := memory.Bodies()
			if memory.SetLimit(got); memory.Bodies() != follows {
				t.Errorf("%d bytes of bodies do not follow from it", follows)
			}
		})
	}
}

func TestALimitThatChangesIsHeeded(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer time.AfterFunc(patience, func() { panic("it hangs") }).Stop()
	synctest.Test(t, func(t *testing.T) {
		none := func(string) string { return "" }
		dir := t.TempDir()
		file := filepath.Join(dir, "sys/fs/cgroup/memory.max")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		go followMemory(t.Context(), os.DirFS(dir), none, slog.New(slog.NewTextHandler(&out, nil)))
		for limit, want := range map[string]int64{"2000000000": 20_000_000 * memoryPercent, "1000000000": 10_000_000 * memoryPercent, "max": math.MaxInt64} {
			if err := os.WriteFile(file, []byte(limit), 0o600); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if got := debug.SetMemoryLimit(-1); got != want {
				t.Errorf("under %s Go may use %d, want %d", limit, got, want)
			}
		}
		if changes := strings.Count(out.String(), "memory limit changed"); changes < 2 || changes > 3 { // it may be "max" at first
			t.Errorf("%d changes are logged: %s", changes, &out)
		}
	})
}

func TestLimitCPU(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	t.Setenv("GOMAXPROCS", "")
	runtime.GOMAXPROCS(8)
	if newApp(t, io.Discard, "-cpu-request", "100"); runtime.GOMAXPROCS(0) != 2 {
		t.Errorf("a service has %d threads", runtime.GOMAXPROCS(0))
	}
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

func TestTheMemoryLimitIsReadAgainWhileItServes(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer time.AfterFunc(patience, func() { panic("it hangs") }).Stop()
	t.Setenv("GOMEMLIMIT", "")
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, io.Discard)
		debug.SetMemoryLimit(123456789)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if debug.SetMemoryLimit(-1) == 123456789 {
			t.Error("it is not read again")
		}
		if err := a.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestSpansOfTheLastRequestsAreSentBeforeTheEnd(t *testing.T) {
	var got bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = got.ReadFrom(r.Body) }))
	defer collector.Close()
	for _, name := range []string{"SDK_DISABLED", "TRACES_EXPORTER", "TRACES_SAMPLER", "EXPORTER_OTLP_PROTOCOL", "EXPORTER_OTLP_TRACES_PROTOCOL", "EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv("OTEL_"+name, "") // whatever the developer's own environment says
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	a := newApp(t, io.Discard)
	stop := start(t, a)
	status(t, a.service, "/never-heard-of")
	if err := stop(); err != nil || !bytes.Contains(got.Bytes(), []byte("/never-heard-of")) {
		t.Errorf("%v, and the collector got %q", err, got.Bytes())
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense")
	if _, err := build(t.Context(), a.cfg, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "tracing: ") {
		t.Errorf("got %v", err)
	}
}
