package health

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

// asked compares what the probes answer with what is wanted in a state.
func asked(t *testing.T, probes *Probes, state string, answers map[string]string) {
	t.Helper()
	mux := http.NewServeMux()
	probes.Register(mux)
	for path, want := range answers {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if got := fmt.Sprint(rec.Code, " ", rec.Body); got != want || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s is %q %v, want %q", state, path, got, rec.Header(), want)
		}
	}
}

const yes, no = "200 ok\n", "503 no\n"

func TestProbesThroughALife(t *testing.T) {
	var probes Probes
	asked(t, &probes, "booting", map[string]string{"/startupz": no, "/readyz": no, "/livez": yes})
	probes.Start()
	asked(t, &probes, "serving", map[string]string{"/startupz": yes, "/readyz": yes, "/livez": yes})
	probes.Stop()
	asked(t, &probes, "draining", map[string]string{"/startupz": yes, "/readyz": no, "/livez": yes})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := 0
		probes := Probes{Progress: Progress{Limit: time.Minute}, OnStall: func() { reports++ }}
		probes.Start()
		want := func(state, answer string) {
			t.Helper()
			asked(t, &probes, state, map[string]string{"/readyz": answer, "/livez": answer})
		}
		probes.Progress.Begin()
		probes.Progress.End()
		time.Sleep(time.Hour)
		want("idle for long", yes)
		probes.Progress.Begin()
		time.Sleep(59 * time.Second)
		want("in time", yes)
		probes.Progress.Begin()
		probes.Progress.End()
		time.Sleep(59 * time.Second)
		want("one hangs, others end", yes)
		time.Sleep(2 * time.Second)
		want("nothing ends", no)
		want("nothing ends", no)
		if reports != 1 {
			t.Errorf("reported %d times", reports)
		}
		probes.Progress.End()
		want("it has ended after all", yes)
		time.Sleep(time.Hour)
		want("idle again", yes)
	})
}

func TestANeedHoldsReadinessBackAndSaysWhy(t *testing.T) {
	var missing error
	probes := Probes{Needs: func(context.Context) error { return missing }}
	probes.Start()
	asked(t, &probes, "with all it needs", map[string]string{"/readyz": yes})
	missing = errors.New("no cache")
	asked(t, &probes, "without", map[string]string{"/readyz": no + "no cache\n", "/livez": yes})
	if !probes.Ready() {
		t.Error("requests that come are sent away")
	}
}

func TestACheckAsksWhereTheServiceListens(t *testing.T) {
	own := []string{"/usr/local/bin/app", "-healthcheck"}
	for first, want := range map[string]string{
		"/usr/local/bin/app\x00-config=/etc/app.yaml\x00":           "-config=/etc/app.yaml -healthcheck",
		"/sbin/docker-init\x00--\x00./app\x00-admin-addr=:9000\x00": "-admin-addr=:9000 -healthcheck",
		"/sbin/init\x00": "-healthcheck",
		"":               "-healthcheck",
	} {
		root := fstest.MapFS{"proc/1/cmdline": {Data: []byte(first)}}
		if got := strings.Join(Arguments(root, own), " "); got != want {
			t.Errorf("beside %q: got %s, want %s", first, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	status, asked := http.StatusOK, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host + r.URL.Path
		w.WriteHeader(status)
	}))
	addr := strings.TrimPrefix(server.URL, "http://")
	_, port, _ := strings.Cut(addr, ":")
	for _, listens := range []string{addr, ":" + port, "[::]:" + port} {
		if err := Check(t.Context(), listens); err != nil || asked != addr+"/livez" {
			t.Errorf("a running service on %s: asked %s, %v", listens, asked, err)
		}
	}
	refused := func(addr, want string) {
		t.Helper()
		if err := Check(t.Context(), addr); err == nil || !strings.HasPrefix(err.Error(), "healthcheck: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	status = http.StatusServiceUnavailable
	refused(addr, "503 Service Unavailable")
	server.Close()
	refused(addr, "dial tcp")
	refused("8081", "missing port")
	refused("127.0.0.1:http ", "invalid port")
}
