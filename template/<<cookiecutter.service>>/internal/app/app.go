// Package app puts the service together and takes it through its life: boot, serve, drain.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"time"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/deps"
<% if cookiecutter.eventing == "kafka" %>
	"<< cookiecutter.module >>/internal/function"
<% endif %>
	"<< cookiecutter.module >>/internal/health"
	"<< cookiecutter.module >>/internal/httpapi"
	"<< cookiecutter.module >>/internal/telemetry"
)

// Version and Revision are stamped at build time (-ldflags -X).
var (
	Version  = "dev"
	Revision = "unknown"
)

// app is the service with its listeners bound.
type app struct {
	cfg    config.Config
	log    *slog.Logger
	mux    *http.ServeMux
	close  func(context.Context) error // of what the handlers work with
	probes health.Probes
<% if cookiecutter.tracing %>
	traces *telemetry.Tracing
<% endif %>

	service, admin, pprof *server
}

// Run is the service's life: build it, serve until ctx ends, drain.
func Run(ctx context.Context, cfg config.Config, out io.Writer) error {
	a, err := build(ctx, cfg, out)
	if err != nil {
		return err
	}
	return a.run(ctx)
}

// build puts the parts together and binds the listeners; nothing is served yet.
func build(ctx context.Context, cfg config.Config, out io.Writer) (*app, error) {
	limit, err := limitMemory(os.DirFS("/"), os.Getenv)
<% if cookiecutter.__center %>
	cfg, log := settle(ctx, cfg, out)
<% else %>
	log := newLogger(out, cfg.LogLevel)
<% endif %>
	if err != nil {
		log.Warn("no memory limit set", "error", err)
	}
	go followMemory(ctx, os.DirFS("/"), os.Getenv, log)
	config.WarnOfUnknown(os.Environ(), log)
<% if cookiecutter.__secret_files %>
	cfg.FollowSecrets(ctx, log)
<% endif %>
<% if cookiecutter.resources == "latency" %>
	limitCPU(cfg.CPURequest, os.Getenv)
<% endif %>
	log.Info("starting", "version", Version, "revision", Revision,
		"gomaxprocs", runtime.GOMAXPROCS(0), "gomemlimit_bytes", limit, "max_in_flight", cfg.InFlight())
	a := &app{cfg: cfg, log: log}
	metrics := telemetry.NewMetrics()
	longest := cfg.RequestTimeout + 5*time.Second // a request ends at its deadline, and has a little longer to say so
	a.probes.Progress.Limit = longest
<% if cookiecutter.streams %>
	a.probes.Progress.Ending = make(chan struct{})
<% endif %>
	a.probes.OnStall = func() {
		stacks := make([]byte, 64*1024)
		log.Error("stalled", "no_request_ended_for", longest.String(), "stacks", string(stacks[:runtime.Stack(stacks, true)]))
	}
<% if cookiecutter.__edge %>
	site, err := openSite(ctx, cfg, metrics, log)
	if err != nil {
		return nil, err
	}
<% endif %>
<% if cookiecutter.tracing %>
	a.traces, err = telemetry.StartTracing(ctx, "<< cookiecutter.service >>", Version, log)
	if err != nil {
		return nil, err
	}
<% endif %>
<% if cookiecutter.monitoring == "operator" %>
	core := deps.NewCore(log, cfg.Now)
	core.WatchPool = metrics.WatchPool
	given, err := deps.Open(ctx, core)
<% else %>
	given, err := deps.Open(ctx, deps.NewCore(log, cfg.Now))
<% endif %>
	if err != nil {
		return nil, fmt.Errorf("dependencies: %w", err)
	}
<% if cookiecutter.__edge %>
	a.probes.Needs = func(ctx context.Context) error { return errors.Join(site.unfit(), given.Ready(ctx)) }
<% else %>
	a.probes.Needs = given.Ready
<% endif %>
	a.mux, a.close = httpapi.Routes(given), given.Close
<% if cookiecutter.eventing == "kafka" %>
	a.mux.Handle("POST /", httpapi.Receive(function.New(cfg, given)))
<% endif %>
<% if cookiecutter.__edge %>
	api := httpapi.New(a.mux, cfg, log, metrics, &a.probes.Progress, site.keep...)
<% else %>
	api := httpapi.New(a.mux, cfg, log, metrics, &a.probes.Progress)
<% endif %>
	admin := http.NewServeMux()
	a.probes.Register(admin)
	admin.Handle("GET /metrics", metrics.Handler())
<% if cookiecutter.tracing %>
	a.service = newServer("service", cfg.Addr, a.leaving(a.traces.Wrap(api)), log)
<% else %>
	a.service = newServer("service", cfg.Addr, a.leaving(api), log)
<% endif %>
	a.service.ReadTimeout = cfg.RequestTimeout
	a.service.WriteTimeout = longest
	a.service.MaxHeaderBytes = cfg.MaxHeaderBytes
<% if cookiecutter.streams %>
	a.service.RegisterOnShutdown(func() { close(a.probes.Progress.Ending) })
<% endif %>
	a.service.ConnState = (&connections{most: func() int { return cfg.Now().Connections() }, open: map[net.Conn]time.Time{}}).see
<% if cookiecutter.__center %>
	a.admin = newServer("admin", cfg.AdminAddr, watchCenter(cfg, metrics, admin), log)
<% else %>
	a.admin = newServer("admin", cfg.AdminAddr, admin, log)
<% endif %>
	a.admin.WriteTimeout = longest
	a.admin.ConnState = (&connections{most: func() int { return 32 }, open: map[net.Conn]time.Time{}}).see // probes are few
	a.pprof = newServer("pprof", cfg.PprofAddr, profiles(), log)
	for _, s := range []*server{a.service, a.admin} {
		if err := s.listen(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", s.name, err), a.close(ctx))
		}
	}
	if err := a.pprof.listen(ctx); err != nil {
		log.Warn("no profiles: -pprof-addr has another port, or none", "error", err)
	}
	return a, nil
}

// newLogger is where everything is logged, also what asks for no logger: its lines are JSON too, with the trace's ids.
func newLogger(out io.Writer, level slog.Leveler) *slog.Logger {
<% if cookiecutter.tracing %>
	log := telemetry.WithTraceIDs(telemetry.NewLogger(out, level))
<% else %>
	log := telemetry.NewLogger(out, level)
<% endif %>
	slog.SetDefault(log)
	return log
}

func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// run serves until ctx ends or a listener fails, other than that of profiles, then drains. A clean shutdown returns nil.
func (a *app) run(ctx context.Context) error {
	failed := make(chan error, 2)
	for _, s := range []*server{a.admin, a.service} {
		go func() { failed <- fmt.Errorf("%s: %w", s.name, s.Serve(s.listener)) }()
	}
	if a.pprof.listener != nil {
		go func() {
			if err := a.pprof.Serve(a.pprof.listener); !errors.Is(err, http.ErrServerClosed) {
				a.log.Warn("no more profiles", "error", err)
			}
		}()
	}
	a.probes.Start()
	a.log.Info("ready", "addr", a.service.addr(), "admin_addr", a.admin.addr())
	select {
	case err := <-failed:
		a.log.Error("a listener failed", "error", err)
		return errors.Join(err, a.drain(context.WithoutCancel(ctx)))
	case <-ctx.Done():
		return a.drain(context.WithoutCancel(ctx))
	}
}

// leaving asks clients to give their connections up once the drain has begun: Shutdown closes idle
// ones, and a request that is on its way on one of them would be lost.
func (a *app) leaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.probes.Ready() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// drain goes in this order: send clients away, finish what is in flight, close what it worked with, export what it
// left behind, and only then stop answering probes.
func (a *app) drain(ctx context.Context) error {
	a.probes.Stop()
	a.log.Info("draining", "delay", a.cfg.ShutdownDelay.String(), "timeout", a.cfg.DrainTimeout.String())
	time.Sleep(a.cfg.ShutdownDelay)
	draining, cancel := context.WithTimeout(ctx, a.cfg.DrainTimeout)
	defer cancel()
	err := a.service.Shutdown(draining)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests cut off after %s: %w", a.cfg.DrainTimeout, err), a.service.Close())
	}
	err = errors.Join(err, a.close(draining))
<% if cookiecutter.tracing %>
	// Without a collector an unbounded flush would hold the process until it is killed.
	flushing, cancel := context.WithTimeout(ctx, << cookiecutter.__flush >>*time.Second)
	defer cancel()
	if lost := a.traces.Flush(flushing); lost != nil {
		a.log.Warn("spans lost", "error", lost) // the work is done: not a reason to fail
	}
<% endif %>
	a.log.Info("stopped")
	return errors.Join(err, a.admin.Close(), a.pprof.Close())
}

// server is an http.Server that knows its name and binds before it serves.
type server struct {
	http.Server
	name     string
	listener net.Listener
}

func newServer(name, addr string, handler http.Handler, log *slog.Logger) *server {
	return &server{name: name, Server: http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, // no connection for clients that trickle headers
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    8 * 1024,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
}

// listen binds the address. An empty one means that this server is off.
func (s *server) listen(ctx context.Context) (err error) {
	if s.Addr == "" {
		return nil
	}
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.Addr)
	return err
}

func (s *server) addr() string { return s.listener.Addr().String() }
