package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is the command itself in the processes that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_RUNS_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command is the service on ports that are free, to be started.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	args = append([]string{"-addr", "127.0.0.1:0", "-admin-addr", "127.0.0.1:0", "-pprof-addr", ""}, args...)
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), "TEST_RUNS_MAIN=yes")
	watchdog := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
	t.Cleanup(func() { watchdog.Stop() })
	return c
}

// serve starts the service and returns its address for probes.
func serve(t *testing.T, args ...string) (c *exec.Cmd, admin string) {
	t.Helper()
	c = command(t, args...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for admin == "" && lines.Scan() {
		var line struct {
			Admin string `json:"admin_addr"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		admin = line.Admin
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return c, admin
}

func TestItServesUntilItIsAskedToStop(t *testing.T) {
	c, admin := serve(t, "-shutdown-delay", "0s")
	if out, err := command(t, "-healthcheck", "-admin-addr", admin).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("a running service: %v, %s", err, out)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		t.Errorf("a clean shutdown: %v", err)
	}
	if out, err := command(t, "-healthcheck", "-admin-addr", admin).CombinedOutput(); err == nil || !strings.HasPrefix(string(out), "healthcheck: ") {
		t.Errorf("a service that is gone: %v, %s", err, out)
	}
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	c, _ := serve(t, "-shutdown-delay", "1h")
	ended := make(chan error)
	go func() { ended <- c.Wait() }()
	for {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			if signal := c.ProcessState.Sys().(syscall.WaitStatus).Signal(); signal != syscall.SIGTERM {
				t.Errorf("ended by %s", signal)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestWhatKeepsItFromStartingIsOneSentence(t *testing.T) {
	for want, args := range map[string][]string{
		"service: listen tcp: address nonsense": {"-addr", "nonsense"},
		"request-timeout":                       {"-request-timeout", "10"},
	} {
		c := command(t, args...)
		var said strings.Builder
		c.Stderr = &said
		if err := c.Run(); err == nil || c.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), want) || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%v: %v, %s", args, err, &said)
		}
	}
	if err := command(t, "-help").Run(); err != nil {
		t.Errorf("help is a failure: %v", err)
	}
}
