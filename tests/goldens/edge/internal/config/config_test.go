package config

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/orders/internal/config/configtest"
)

func load(t *testing.T, file string, env map[string]string, args ...string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	lookup := func(key string) (string, bool) {
		if key == "APP_CONFIG" && file != "" {
			return path, true
		}
		if value, ok := env[key]; ok {
			return value, ok
		}
		return configtest.Env(key)
	}
	return Load(args, lookup, io.Discard)
}

func TestPrecedence(t *testing.T) {
	file := "max-in-flight: 2\nmax-body-bytes: 2\nrequest-timeout: 2s\n"
	env := map[string]string{"APP_MAX_IN_FLIGHT": "3", "APP_MAX_BODY_BYTES": "3"}
	cfg, err := load(t, file, env, "-max-in-flight", "4")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(cfg.MaxInFlight, cfg.MaxBodyBytes, cfg.RequestTimeout, cfg.LogLevel)
	if want := "4 3 2s INFO"; got != want { // of the flag, the environment, the file and the default
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		env  map[string]string
		args []string
		want string
	}{
		"unknown key in the file": {file: "max-inflight: 2", want: `config.yaml: the nearest is max-in-flight`},
		"not a mapping":           {file: "- 1", want: "config.yaml: want one key: value a line"},
		"two documents":           {file: "log-level: info\n---\nlog-level: debug", want: "want one document"},
		"bad value in the file":   {file: "drain-timeout: soon", want: `config.yaml: want a duration such as 10s`},
		"bad value in the env":    {env: map[string]string{"APP_MAX_IN_FLIGHT": "many"}, want: `max-in-flight "many" from the environment: want a whole number of `},
		"bad value as a flag":     {args: []string{"-request-timeout", "10"}, want: `"10" for flag -request-timeout: parse error: want a duration such as 10s`},
		"a number with a unit":    {env: map[string]string{"APP_MAX_BODY_BYTES": "10MB"}, want: "want a whole number of bytes"},
		"no such level":           {env: map[string]string{"APP_LOG_LEVEL": ""}, want: `log-level "" from the environment: want debug, info, warn or error`},
		"two layers":              {file: "drain-timeout: 1s", args: []string{"-request-timeout", "2s"}, want: "drain-timeout from "},
		"each fault has a line":   {args: []string{"-max-in-flight", "-1", "-addr", ""}, want: "\nconfiguration: max-in-flight -1 is negative\nconfiguration: set are addr from the command line, "},
		"missing file":            {args: []string{"-config", "/nonexistent"}, want: "no such file"},
		"argument":                {args: []string{"serve"}, want: `unexpected argument "serve"`},
		"public pprof":            {args: []string{"-pprof-addr", ":6060"}, want: "not a loopback IP"},
		"drain below request":     {args: []string{"-drain-timeout", "1s", "-request-timeout", "2s"}, want: "cut requests off"},
		"less than no request":    {args: []string{"-max-in-flight", "-1"}, want: "max-in-flight -1 is negative"},
		"no header at all":        {args: []string{"-max-header-bytes", "100"}, want: "max-header-bytes 100 is below 4096"},
		"no address for probes":   {args: []string{"-admin-addr", ""}, want: "admin-addr is empty"},
		"no time":                 {args: []string{"-request-timeout", "0s"}, want: "request-timeout 0s is not positive"},
		"no body":                 {args: []string{"-max-body-bytes", "0"}, want: "max-body-bytes 0 is not positive"},
		"a delay of less":         {args: []string{"-shutdown-delay", "-1s"}, want: "shutdown-delay -1s is negative"},
		"no service address":      {env: map[string]string{"APP_ADDR": ""}, want: "addr is empty"},
		"unknown flag":            {args: []string{"-port", "1"}, want: "not defined: -port"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.file, test.env, test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestUnknownVariables(t *testing.T) {
	var out bytes.Buffer
	WarnOfUnknown([]string{
		"APP_LOGLEVEL=debug", "APP_LOG_LEVEL=debug", "APP_CONFIG=/etc/app.yaml", "PATH=/bin", "APPLE=1",
		// What Kubernetes makes for a Service that is called app, and for app-addr.
		"APP_SERVICE_HOST=host", "APP_SERVICE_PORT=80", "APP_SERVICE_PORT_HTTP=80", "APP_PORT=tcp://host:80",
		"APP_PORT_80_TCP=tcp://host:80", "APP_PORT_80_TCP_PROTO=tcp", "APP_PORT_80_TCP_PORT=80", "APP_PORT_80_TCP_ADDR=host",
		"APP_ADDR_SERVICE_HOST=host", "APP_ADDR_PORT=tcp://host:80", "APP_PORT=8080",
	}, slog.New(slog.NewTextHandler(&out, nil)))
	if text := out.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "name=APP_LOGLEVEL nearest=APP_LOG_LEVEL") || !strings.Contains(text, "name=APP_PORT ") {
		t.Errorf("logged %s", text)
	}
}
