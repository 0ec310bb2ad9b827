package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
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

// command runs the command, and returns what it says, its errors apart, and whether it succeeds.
func command(t *testing.T, args ...string) (out, errors string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), "TEST_RUNS_MAIN=yes")
	var said, wrong strings.Builder
	c.Stdout, c.Stderr = &said, &wrong
	err := c.Run()
	return said.String(), wrong.String(), err == nil
}

func TestItEndsWhereNoDeadLetterComes(t *testing.T) {
	out, wrong, ok := command(t, "-brokers", "127.0.0.1:1", "-from", "dead", "-to", "alive", "-idle", "50ms")
	if out != "0 dead letters sent from dead to alive\n" || wrong != "" || !ok {
		t.Errorf("got %q, %q, %v", out, wrong, ok)
	}
}

func TestAWrongBrokerIsSaidInOneLine(t *testing.T) {
	out, wrong, ok := command(t, "-brokers", "kafka:nonsense")
	if !strings.HasPrefix(out, "0 dead letters sent") || strings.Count(wrong, "\n") != 1 || ok {
		t.Errorf("got %q, %q, %v", out, wrong, ok)
	}
}
