package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/orders/internal/config"
	"example.com/orders/internal/config/configtest"
)

// TestMain is the command itself in the processes that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_RUNS_MAIN") != "" {
		_, _ = config.Load(nil, func(name string) (string, bool) { // asks for each setting
			if value, ok := configtest.Env(name); ok {
				_ = os.Setenv(name, value)
			}
			return "", false
		}, io.Discard)
		main()
		return
	}
	os.Exit(m.Run())
}

// command is one that is to be started, and what it then says that is no line of its log.
func command(t *testing.T, args ...string) (c *exec.Cmd, said *strings.Builder) {
	t.Helper()
	said = new(strings.Builder)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c = exec.CommandContext(ctx, os.Args[0], append([]string{"-addr", "127.0.0.1:0", "-admin-addr", "127.0.0.1:0", "-pprof-addr", ""}, args...)...)
	c.Env, c.Stderr = append(os.Environ(), "TEST_RUNS_MAIN=yes"), said
	return c, said
}

func TestWhatKeepsItFromStartingIsOneSentence(t *testing.T) {
	for want, args := range map[string][]string{
		"service: listen tcp: ": {"-addr", "nonsense"}, "request-timeout": {"-request-timeout", "10"}, "healthcheck: ": {"-healthcheck", "-admin-addr", "127.0.0.1:1"},
	} {
		c, said := command(t, args...)
		if err := c.Run(); c.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), want) || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%v: %v, %s", args, err, said)
		}
	}
	if c, said := command(t, "-help"); c.Run() != nil || !strings.Contains(said.String(), "-drain-timeout") {
		t.Errorf("help is a failure: %s", said)
	}
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	c, _ := command(t, "-shutdown-delay", "1h")
	out, err := c.StdoutPipe()
	if err != nil || c.Start() != nil {
		t.Fatal("it does not start")
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		for _, then := range []string{`"msg":"ready"`, `"msg":"draining"`} {
			if strings.Contains(lines.Text(), then) {
				time.Sleep(10 * time.Millisecond) // the first one is forgotten a moment later
				_ = c.Process.Signal(syscall.SIGTERM)
			}
		}
	}
	_ = c.Wait()
	if signal := c.ProcessState.Sys().(syscall.WaitStatus).Signal(); signal != syscall.SIGTERM {
		t.Errorf("ended by %s", signal)
	}
}
