package health

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
)

func TestProbesThroughALife(t *testing.T) {
	var probes Probes
	mux := http.NewServeMux()
	probes.Register(mux)
	want := func(state string, codes map[string]int) {
		t.Helper()
		for path, code := range codes {
			rec := httptest.NewRecorder()
			mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
			if rec.Code != code {
				t.Errorf("%s: %s is %d, want %d", state, path, rec.Code, code)
			}
		}
	}
	want("booting", map[string]int{"/startupz": 503, "/readyz": 503, "/livez": 200})
	probes.Start()
	want("serving", map[string]int{"/startupz": 200, "/readyz": 200, "/livez": 200})
	probes.Stop()
	want("draining", map[string]int{"/startupz": 200, "/readyz": 503, "/livez": 200})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports := 0
		probes := Probes{Progress: Progress{Limit: time.Minute}, OnStall: func() { reports++ }}
		probes.Start()
		mux := http.NewServeMux()
		probes.Register(mux)
		want := func(state string, code int) {
			t.Helper()
			for _, path := range []string{"/readyz", "/livez"} {
				rec := httptest.NewRecorder()
				mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
				if rec.Code != code {
					t.Errorf("%s: %s is %d, want %d", state, path, rec.Code, code)
				}
			}
		}
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
	})
}

func TestANeedHoldsReadinessBackAndSaysWhy(t *testing.T) {
	var missing error
	probes := Probes{Needs: func(context.Context) error { return missing }}
	mux := http.NewServeMux()
	probes.Register(mux)
	ask := func(path string) string {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		return strconv.Itoa(rec.Code) + " " + rec.Body.String()
	}
	probes.Start()
	if got := ask("/readyz"); got != "200 ok\n" {
		t.Errorf("with all it needs: %s", got)
	}
	missing = errors.New("no cache")
	if got := ask("/readyz"); got != "503 no\nno cache\n" {
		t.Errorf("without: %s", got)
	}
	if got := ask("/livez"); got != "200 ok\n" || !probes.Ready() {
		t.Errorf("without, alive is %s, and requests that come are sent away", got)
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
	var probes Probes
	mux := http.NewServeMux()
	probes.Register(mux)
	server := httptest.NewServer(mux)
	addr := strings.TrimPrefix(server.URL, "http://")
	if err := Check(t.Context(), addr); err != nil {
		t.Errorf("a running service: %v", err)
	}
	server.Close()
	if err := Check(t.Context(), addr); err == nil {
		t.Error("a service that is gone passes")
	}
	if err := Check(t.Context(), "8081"); err == nil {
		t.Error("an address without a port separator passes")
	}
}
