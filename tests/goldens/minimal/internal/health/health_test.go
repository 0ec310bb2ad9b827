package health

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

// asked compares what the probes answer with what is wanted in a state.
func asked(t *testing.T, probes *Probes, state string, codes map[string]int) {
	t.Helper()
	mux := http.NewServeMux()
	probes.Register(mux)
	for path, code := range codes {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		body := map[int]string{200: "ok\n", 503: "no\n"}[code]
		if rec.Code != code || rec.Body.String() != body || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s is %d %q %v, want %d", state, path, rec.Code, rec.Body, rec.Header(), code)
		}
	}
}

func TestProbesThroughALife(t *testing.T) {
	var probes Probes
	asked(t, &probes, "booting", map[string]int{"/startupz": 503, "/readyz": 503, "/livez": 200})
	probes.Start()
	asked(t, &probes, "serving", map[string]int{"/startupz": 200, "/readyz": 200, "/livez": 200})
	probes.Stop()
	asked(t, &probes, "draining", map[string]int{"/startupz": 200, "/readyz": 503, "/livez": 200})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := 0
		probes := Probes{Progress: Progress{Limit: time.Minute}, OnStall: func() { reports++ }}
		probes.Start()
		want := func(state string, code int) {
			t.Helper()
			asked(t, &probes, state, map[string]int{"/readyz": code, "/livez": code})
		}
		probes.Progress.Begin()
		probes.Progress.End()
		time.Sleep(time.Hour)
		want("idle for long", 200)
		probes.Progress.Begin()
		time.Sleep(59 * time.Second)
		want("in time", 200)
		probes.Progress.Begin()
		probes.Progress.End()
		time.Sleep(59 * time.Second)
		want("one hangs, others end", 200)
		time.Sleep(2 * time.Second)
		want("nothing ends", 503)
		want("nothing ends", 503)
		if reports != 1 {
			t.Errorf("reported %d times", reports)
		}
		probes.Progress.End()
		want("it has ended after all", 200)
		time.Sleep(time.Hour)
		want("idle again", 200)
	})
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
