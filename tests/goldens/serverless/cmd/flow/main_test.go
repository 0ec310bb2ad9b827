package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is the command itself, or one of the programs that it starts, in the processes that the tests start.
func TestMain(m *testing.M) {
	stop := make(chan os.Signal, 1)
	time.AfterFunc(time.Minute, func() { os.Exit(3) }) // also where whoever started it is killed
	switch name := filepath.Base(os.Args[0]); {
	case name == "versitygw":
		signal.Notify(stop, syscall.SIGTERM)
		_, _ = os.Stdout.WriteString("storage of " + os.Getenv("ROOT_ACCESS_KEY") + "\n")
		<-stop
		_, _ = os.Stdout.WriteString("storage ends\n")
	case name == "function":
		serve(os.Args[slices.Index(os.Args, "-addr")+1])
	case os.Getenv("TEST_RUNS_MAIN") != "":
		main()
	default:
		os.Exit(m.Run())
	}
}

// serve is a function that is not ready at first.
func serve(addr string) {
	calls := 0
	_ = http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // a test's
		if calls++; calls == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Ce-Id", r.Header.Get("Ce-Id")+"-done")
		_, _ = w.Write(body)
	}))
}

// shown is what a command prints, read while it runs.
type shown struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shown) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(data)
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// free is an address that nobody has.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// flow starts the command in a folder that has the programs which it starts, or only some of them.
func flow(t *testing.T, file string, programs ...string) (*exec.Cmd, *shown) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		if err := os.Symlink(os.Args[0], filepath.Join(dir, "bin", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tea.txt"), []byte("green"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := new(shown)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, os.Args[0], "-file", file, "-addr", free(t))
	c.Dir, c.Stdout, c.Stderr, c.WaitDelay = dir, out, out, time.Second
	c.Env = append(os.Environ(), "TEST_RUNS_MAIN=yes", "TMPDIR="+dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out
}

func TestAnUploadIsToldOfUntilItIsAnswered(t *testing.T) {
	c, out := flow(t, "tea.txt", "versitygw", "function")
	for start := time.Now(); !strings.Contains(out.String(), "Ctrl-C ends it") && time.Since(start) < time.Minute; {
		time.Sleep(time.Millisecond)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"start bin/versitygw\n", "start bin/function\n", "storage of flow\n", "storage ends\n", "upload tea.txt\n", "\n200 OK\n", "\nCe-Id: 1-done\n",
		`{"bucket":"` + uploads + `","key":"tea.txt"}`, "curl -i http://127.0.0.1:", `-d '{"bucket":`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	folder := regexp.MustCompile(`The storage is (\S+)\.`).FindStringSubmatch(out.String())
	if len(folder) != 2 {
		t.Fatalf("no storage in %s", out)
	}
	if _, err := os.Stat(folder[1]); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", folder[1], err)
	}
}

func TestAProgramThatIsNotThereEndsIt(t *testing.T) {
	c, out := flow(t, "tea.txt", "versitygw")
	if err := c.Wait(); err == nil || !strings.Contains(out.String(), "bin/function has ended: ") || strings.Contains(out.String(), "Ctrl-C") {
		t.Errorf("%v, %s", err, out)
	}
}

func TestAnUploadThatIsNotThereEndsItToo(t *testing.T) {
	c, out := flow(t, "none.txt", "versitygw", "function")
	if err := c.Wait(); err == nil || !strings.Contains(out.String(), "none.txt: no such file") {
		t.Errorf("%v, %s", err, out)
	}
}
