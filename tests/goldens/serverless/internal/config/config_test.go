package config

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, file string, env map[string]string, args ...string) (Config, error) {
	t.Helper()
	if file != "" {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"-config", path}, args...)
	}
	lookup := func(key string) (string, bool) { value, ok := env[key]; return value, ok }
	return Load(t.Context(), args, lookup, io.Discard)
}

func TestPrecedence(t *testing.T) {
	file := "max-in-flight: 2\nmax-attempts: 2\nrequest-timeout: 2s\n"
	env := map[string]string{"APP_MAX_IN_FLIGHT": "3", "APP_MAX_ATTEMPTS": "3"}
	cfg, err := load(t, file, env, "-max-in-flight", "4")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.MaxInFlight != 4 {
		t.Errorf("max-in-flight is %d, want the flag's 4", cfg.MaxInFlight)
	}
	if cfg.MaxAttempts != 3 {
		t.Errorf("max-attempts is %d, want the environment's 3", cfg.MaxAttempts)
	}
	if cfg.RequestTimeout != 2*time.Second {
		t.Errorf("request-timeout is %s, want the file's 2s", cfg.RequestTimeout)
	}
	if cfg.LogLevel != slog.LevelInfo {
		t.Errorf("log-level is %s, want the default", cfg.LogLevel)
	}
}

func TestConfigFileFromEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("log-level: debug\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := load(t, "", map[string]string{"APP_CONFIG": path})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.LogLevel != slog.LevelDebug {
		t.Errorf("log-level is %s, want DEBUG", cfg.LogLevel)
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		env  map[string]string
		args []string
		want string
	}{
		"unknown key in the file": {file: "max-inflight: 2", want: `unknown key "max-inflight"`},
		"not a mapping":           {file: "- 1", want: "cannot unmarshal"},
		"bad value in the file":   {file: "drain-timeout: soon", want: `drain-timeout "soon"`},
		"bad value in the env":    {env: map[string]string{"APP_MAX_IN_FLIGHT": "many"}, want: `max-in-flight "many"`},
		"missing file":            {args: []string{"-config", "/nonexistent"}, want: "no such file"},
		"argument":                {args: []string{"serve"}, want: `unexpected argument "serve"`},
		"public pprof":            {args: []string{"-pprof-addr", ":6060"}, want: "not a loopback IP"},
		"drain below request":     {args: []string{"-drain-timeout", "1s", "-request-timeout", "2s"}, want: "cut requests off"},
		"no requests at all":      {args: []string{"-max-in-flight", "0"}, want: "max-in-flight 0 is not positive"},
		"no service address":      {env: map[string]string{"APP_ADDR": ""}, want: "addr is empty"},
		"unknown flag":            {args: []string{"-port", "1"}, want: "not defined: -port"},
		"too many attempts":       {args: []string{"-max-attempts", "101"}, want: "outside 1 to 100"},
		"no storage":              {args: []string{"-s3-endpoint", "s3.example.com"}, want: "is not a URL"},
		"one bucket":              {args: []string{"-s3-results", "a", "-s3-uploads", "a"}, want: "one bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.file, test.env, test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}
