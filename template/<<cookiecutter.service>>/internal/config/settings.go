// Package config holds the typed settings of the function and the layers they come from.
package config

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"<< cookiecutter.module >>/internal/memory"
)

<% if cookiecutter.__secret_files %>
// Config is one state of the settings and never changes. What another secret changes is in the next one: Now.
type Config struct {
	live *Live

<% else %>
// Config is read once at start and never changes.
type Config struct {
<% endif %>
	Addr      string // events
	AdminAddr string // probes and metrics
	PprofAddr string // profiles, loopback only; empty turns them off

	LogLevel slog.Level

<% if cookiecutter.resources == "latency" %>
	CPURequest int // in millicores, where there is no CPU limit

<% endif %>
	RequestTimeout time.Duration // deadline of each event
	MaxHeaderBytes int           // a longer header is refused
	MaxBodyBytes   int64         // larger events are refused
	MaxInFlight    int           // more concurrent events are shed; 0 for as many as there is memory for

	ShutdownDelay time.Duration // readiness is off, requests are answered with Connection: close
	DrainTimeout  time.Duration // for the events that are in flight

	S3Endpoint  string
	S3Region    string
	Uploads     string // the bucket that events are about
	Results     string // the bucket of results and attempts
	MaxAttempts int    // then an event goes to the dead letters, however often it is delivered

<% if cookiecutter.__secret_files %>
	S3AccessKeyID     string // who we are at the storage; empty where the environment says it
	S3SecretAccessKey string
	S3SessionToken    string

<% endif %>
<% if cookiecutter.scale_on == "lag" %>
	Brokers     string // of Kafka, separated by commas
	Group       string
	Topic       string
	Replies     string // the topic of the events that tell of results
	DeadLetters string // the topic of the events that no retry can help

<% endif %>
	Own

<% if cookiecutter.__own_sleep %>
	Healthcheck bool          // probe a running service and exit; a flag only
	Sleep       time.Duration // wait and exit; a flag only
<% else %>
	Healthcheck bool // probe a running service and exit; a flag only
<% endif %>
}

// flags is the one place where a key is named.
func (c *Config) flags(fs *flag.FlagSet) {
	fs.StringVar(&c.Addr, "addr", ":<< cookiecutter.port >>", "`address` for events")
	fs.StringVar(&c.AdminAddr, "admin-addr", ":8081", "`address` of probes and metrics")
	fs.StringVar(&c.PprofAddr, "pprof-addr", "127.0.0.1:6060", "loopback `address` of profiles, empty for none")
	fs.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "lowest `level` to log: debug, info, warn, error")
<% if cookiecutter.resources == "latency" %>
	fs.IntVar(&c.CPURequest, "cpu-request", 0, "CPU request in `millicores` where there is no limit: twice as much may run at once")
<% endif %>
	fs.DurationVar(&c.RequestTimeout, "request-timeout", << cookiecutter.__request_timeout >>*time.Second, "deadline of an event")
	fs.IntVar(&c.MaxHeaderBytes, "max-header-bytes", << cookiecutter.__header_kib >>*1024, "longest header in `bytes`")
	fs.Int64Var(&c.MaxBodyBytes, "max-body-bytes", 64*1024, "largest event in `bytes`")
	fs.IntVar(&c.MaxInFlight, "max-in-flight", << cookiecutter.__max_in_flight >>, "concurrent `events` before the rest is shed, 0 for as many as there is memory for")
	fs.DurationVar(&c.ShutdownDelay, "shutdown-delay", time.Second, "time for clients to leave their connections before the drain")
	fs.DurationVar(&c.DrainTimeout, "drain-timeout", << cookiecutter.__drain >>*time.Second, "time for events in flight at shutdown")
	c.Own.flags(fs)
	fs.StringVar(&c.S3Endpoint, "s3-endpoint", "https://s3.us-east-1.amazonaws.com", "`URL` of the object storage; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say who we are")
	fs.StringVar(&c.S3Region, "s3-region", "us-east-1", "`region` of the buckets")
<% if cookiecutter.__secret_files %>
	fs.StringVar(&c.S3AccessKeyID, "s3-access-key-id", "", "`name` of the key that we have at the object storage"+Secret)
	fs.StringVar(&c.S3SecretAccessKey, "s3-secret-access-key", "", "the `key` itself"+Secret)
	fs.StringVar(&c.S3SessionToken, "s3-session-token", "", "`token` that goes with it where it is for a while"+Secret)
<% endif %>
	fs.StringVar(&c.Uploads, "s3-uploads", "<< cookiecutter.service >>-uploads", "`bucket` that events are about")
	fs.StringVar(&c.Results, "s3-results", "<< cookiecutter.service >>-results", "`bucket` of results and attempts, another one: a result is no upload")
	fs.IntVar(&c.MaxAttempts, "max-attempts", 10, "`attempts` at an event before it goes to the dead letters, 1 to 100")
<% if cookiecutter.scale_on == "lag" %>
	fs.StringVar(&c.Brokers, "kafka-brokers", "localhost:9092", "`addresses` of Kafka, separated by commas")
	fs.StringVar(&c.Group, "kafka-group", "<< cookiecutter.service >>", "consumer `group`")
	fs.StringVar(&c.Topic, "kafka-topic", "<< cookiecutter.service >>-uploads", "`topic` of the events")
	fs.StringVar(&c.Replies, "kafka-replies", "<< cookiecutter.service >>-results", "`topic` of the events that tell of results")
	fs.StringVar(&c.DeadLetters, "kafka-dead-letters", "<< cookiecutter.service >>-dead-letters", "`topic` of the events that no retry can help")
<% endif %>
}

func (c *Config) validate() error {
<% include "config/checks.go" %>
	endpoint, err := url.Parse(c.S3Endpoint)
	check(err == nil && (endpoint.Scheme == "http" || endpoint.Scheme == "https") && endpoint.Host != "",
		"s3-endpoint %q is not a URL such as https://s3.example.com", c.S3Endpoint)
	check(c.Uploads != "" && c.Results != "", "s3-uploads and s3-results need a bucket each")
<% if cookiecutter.__secret_files %>
	check((c.S3AccessKeyID == "") == (c.S3SecretAccessKey == ""), "s3-access-key-id and s3-secret-access-key come together")
<% endif %>
	check(c.Uploads != c.Results, "s3-uploads and s3-results are one bucket: a result would be told of as an upload")
	check(c.MaxAttempts >= 1 && c.MaxAttempts <= 100, "max-attempts %d is outside 1 to 100", c.MaxAttempts)
<% if cookiecutter.scale_on == "lag" %>
	for _, name := range []string{c.Brokers, c.Group, c.Topic, c.Replies, c.DeadLetters} {
		check(name != "", "kafka-brokers, -group, -topic, -replies and -dead-letters all need a value")
	}
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
