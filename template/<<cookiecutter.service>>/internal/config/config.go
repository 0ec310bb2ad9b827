// Package config holds the typed settings of the service and the layers they come from.
package config

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"<< cookiecutter.module >>/internal/memory"
)

<% if cookiecutter.__center %>
// Config is one state of the settings and never changes. What the config centre changes is in the next one: Now.
type Config struct {
	live *Live

	Following

<% elif cookiecutter.__secret_files %>
// Config is one state of the settings and never changes. What another secret changes is in the next one: Now.
type Config struct {
	live *Live

<% else %>
// Config is read once at start and never changes.
type Config struct {
<% endif %>
	Addr      string // service listener
	AdminAddr string // probes and metrics
	PprofAddr string // profiles, loopback only; empty turns them off

	LogLevel slog.Level

<% if cookiecutter.resources == "latency" %>
	CPURequest int // in millicores, where there is no CPU limit

<% endif %>
	RequestTimeout time.Duration // deadline of each request's context
	MaxHeaderBytes int           // a longer header is refused
	MaxBodyBytes   int64         // larger request bodies are refused
	MaxInFlight    int           // more concurrent requests are shed; 0 for as many as there is memory for

	ShutdownDelay time.Duration // readiness is off, requests are answered with Connection: close
	DrainTimeout  time.Duration // for the requests that are in flight

	Own
<% if cookiecutter.__edge %>
	Edge
<% endif %>

<% if cookiecutter.__own_sleep %>
	Healthcheck bool          // probe a running service and exit; a flag only
	Sleep       time.Duration // wait and exit; a flag only
<% else %>
	Healthcheck bool // probe a running service and exit; a flag only
<% endif %>
}

// flags is the one place where a key is named.
func (c *Config) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.Addr, "addr", ":<< cookiecutter.port >>", "`address` of the service")
	fs.StringVar(&c.AdminAddr, "admin-addr", ":8081", "`address` of probes and metrics")
	fs.StringVar(&c.PprofAddr, "pprof-addr", "127.0.0.1:6060", "loopback `address` of profiles, empty for none")
<% if cookiecutter.__center %>
	fs.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "lowest `level` to log: debug, info, warn, error"+Hot)
<% else %>
	fs.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "lowest `level` to log: debug, info, warn, error")
<% endif %>
<% if cookiecutter.resources == "latency" %>
	fs.IntVar(&c.CPURequest, "cpu-request", 0, "CPU request in `millicores` where there is no limit: twice as much may run at once")
<% endif %>
	fs.DurationVar(&c.RequestTimeout, "request-timeout", << cookiecutter.__request_timeout >>*time.Second, "deadline of a request")
	fs.IntVar(&c.MaxHeaderBytes, "max-header-bytes", << cookiecutter.__header_kib >>*1024, "longest header in `bytes`")
	fs.Int64Var(&c.MaxBodyBytes, "max-body-bytes", 64*1024, "largest request body in `bytes`")
<% if cookiecutter.__center %>
	fs.IntVar(&c.MaxInFlight, "max-in-flight", 0, "concurrent `requests` before the rest is shed, 0 for as many as there is memory for"+Hot)
<% else %>
	fs.IntVar(&c.MaxInFlight, "max-in-flight", 0, "concurrent `requests` before the rest is shed, 0 for as many as there is memory for")
<% endif %>
	fs.DurationVar(&c.ShutdownDelay, "shutdown-delay", time.Second, "time for clients to leave their connections before the drain")
	fs.DurationVar(&c.DrainTimeout, "drain-timeout", << cookiecutter.__drain >>*time.Second, "time for requests in flight at shutdown")
	c.Own.flags(fs)
<% if cookiecutter.__center %>
	c.Following.flags(fs)
<% endif %>
<% if cookiecutter.__edge %>
	c.Edge.flags(fs)
<% endif %>
}

func (c *Config) validate() error {
<% include "config/checks.go" %>
<% if cookiecutter.__center %>
	c.Following.validate(check)
<% endif %>
	return errors.Join(errs...)
}

// InFlight is how many requests may be in flight now.
func (c *Config) InFlight() int { return cmp.Or(c.MaxInFlight, memory.Requests(c.MaxHeaderBytes)) }

// Connections is how many may be open now.
func (c *Config) Connections() int { return 2 * max(c.InFlight(), memory.Requests(c.MaxHeaderBytes)) }

func isLoopback(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().IsLoopback()
}
