package app

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/orders/internal/config"
)

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// lonely starts a service whose config centre is not there.
func lonely(t *testing.T, args ...string) (a *app, out *journal) {
	t.Helper()
	out = new(journal)
	a = newApp(t, out, append([]string{"-center-address", "http://127.0.0.1:1", "-center-timeout", "100ms"}, args...)...)
	start := func(s *server) { go func() { _ = s.Serve(s.listener) }() }
	a.probes.Start()
	start(a.admin)
	t.Cleanup(func() { _ = a.admin.Close() })
	return a, out
}

func body(t *testing.T, s *server, path string) string {
	t.Helper()
	res, err := http.Get("http://" + s.addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Status + "\n" + string(text)
}

func TestAServiceWithoutItsCentreIsReadyAndSaysSo(t *testing.T) {
	a, _ := lonely(t)
	if got, want := body(t, a.admin, "/readyz"), "200 OK\nok\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want := "200 OK\nok\nsettings: from the layers below\nconfig centre: etcd, never answered, does not now\n"
	if got := body(t, a.admin, "/readyz?verbose"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	metrics := body(t, a.admin, "/metrics")
	for _, line := range []string{"config_center_last_success_timestamp_seconds 0\n", "config_center_staleness_seconds 1.", "config_center_missing_keys 0\n"} {
		if !strings.Contains(metrics, "\n"+line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func TestANeededKeyKeepsItUnreadyAndAlive(t *testing.T) {
	a, _ := lonely(t, "-center-needs", "max-in-flight")
	if got, want := body(t, a.admin, "/readyz"), "503 Service Unavailable\nno\nwaiting for max-in-flight\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := body(t, a.admin, "/livez?verbose"), "200 OK\nok\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheLastGoodFileMakesItReadyAndTheLoggerFollows(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "last-good.yaml")
	if err := os.WriteFile(cache, []byte("max-in-flight: '5'\nlog-level: error\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, out := lonely(t, "-center-needs", "max-in-flight", "-center-cache", cache)
	if got, want := body(t, a.admin, "/readyz"), "200 OK\nok\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if a.cfg.MaxInFlight != 5 || strings.Contains(out.String(), `"msg":"starting"`) {
		t.Errorf("%d in flight, logged %s", a.cfg.MaxInFlight, out)
	}
}

func TestTheLevelHoldsFromTheFirstLineOn(t *testing.T) {
	if _, out := lonely(t, "-log-level", "error"); out.String() != "" {
		t.Errorf("logged %s", out)
	}
}

func TestWhatIsSaidOfTheFollowing(t *testing.T) {
	now := time.Now()
	status := &config.Status{From: "the centre"}
	status.Seen = now.Add(-3 * time.Second)
	if got, want := describe(status, now), "settings: from the centre\nconfig centre: etcd, answered 3s ago\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
