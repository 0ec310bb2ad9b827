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

	"example.com/orders/internal/memory"
)

// Config is read once at start and never changes.
type Config struct {
	Addr      string // service listener
	AdminAddr string // probes and metrics
	PprofAddr string // profiles, loopback only; empty turns them off

	LogLevel slog.Level

	RequestTimeout time.Duration // deadline of each request's context
	MaxHeaderBytes int           // a longer header is refused
	MaxBodyBytes   int64         // larger request bodies are refused
	MaxInFlight    int           // more concurrent requests are shed; 0 for as many as there is memory for

	ShutdownDelay time.Duration // readiness is off, requests are answered with Connection: close
	DrainTimeout  time.Duration // for the requests that are in flight

	Own

	Healthcheck bool // probe a running service and exit; a flag only
}

// flags is the one place where a key is named.
func (c *Config) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.Addr, "addr", ":8080", "`address` of the service")
	fs.StringVar(&c.AdminAddr, "admin-addr", ":8081", "`address` of probes and metrics")
	fs.StringVar(&c.PprofAddr, "pprof-addr", "127.0.0.1:6060", "loopback `address` of profiles, empty for none")
	fs.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "lowest `level` to log: debug, info, warn, error")
	fs.DurationVar(&c.RequestTimeout, "request-timeout", 10*time.Second, "deadline of a request")
	fs.IntVar(&c.MaxHeaderBytes, "max-header-bytes", 16*1024, "longest header in `bytes`")
	fs.Int64Var(&c.MaxBodyBytes, "max-body-bytes", 64*1024, "largest request body in `bytes`")
	fs.IntVar(&c.MaxInFlight, "max-in-flight", 0, "concurrent `requests` before the rest is shed, 0 for as many as there is memory for")
	fs.DurationVar(&c.ShutdownDelay, "shutdown-delay", time.Second, "time for clients to leave their connections before the drain")
	fs.DurationVar(&c.DrainTimeout, "drain-timeout", 20*time.Second, "time for requests in flight at shutdown")
	c.Own.flags(fs)
}

func (c *Config) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Addr != "", "addr is empty")
	check(c.AdminAddr != "", "admin-addr is empty")
	check(c.PprofAddr == "" || isLoopback(c.PprofAddr),
		"pprof-addr %q is not a loopback IP and port: profiles show memory, reach them by port-forward", c.PprofAddr)
	check(c.RequestTimeout > 0, "request-timeout %s is not positive", c.RequestTimeout)
	check(c.MaxHeaderBytes >= 4096, "max-header-bytes %d is below 4096, which is what one is read in", c.MaxHeaderBytes)
	check(c.MaxBodyBytes > 0, "max-body-bytes %d is not positive", c.MaxBodyBytes)
	check(c.MaxInFlight >= 0, "max-in-flight %d is negative", c.MaxInFlight)
	check(c.ShutdownDelay >= 0, "shutdown-delay %s is negative", c.ShutdownDelay)
	check(c.DrainTimeout >= c.RequestTimeout,
		"drain-timeout %s is below request-timeout %s: a shutdown would cut requests off", c.DrainTimeout, c.RequestTimeout)
	c.Own.validate(check)
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
