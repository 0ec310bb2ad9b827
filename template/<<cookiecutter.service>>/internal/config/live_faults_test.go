package config

import (
	"bytes"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bounded ends a test that hangs, and shows where it does.
func bounded(t testing.TB) {
	hangs := time.AfterFunc(10*time.Second, func() {
		debug.SetTraceback("all")
		panic(t.Name() + " hangs")
	})
	t.Cleanup(func() { hangs.Stop() })
}

func TestManyMayBeToldOfAChange(t *testing.T) {
	bounded(t)
	cfg, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cfg.OnChange(func([]string, *Config) {})
	}
	if told := len(cfg.live.subscribers); told != 2 {
		t.Errorf("%d are told", told)
	}
}

func TestAWrongCentreIsRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"center-timeout 0s is not positive": {"-center-timeout", "0s"},
		`center-address: "grpc://centre"`:   {"-center-address", "grpc://centre"},
	} {
		if _, err := load(t, "", nil, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

func TestAStartWithoutTheCentreIsAWarningAndWhatItSaysLaterIsHeld(t *testing.T) {
	bounded(t)
	synctest.Test(t, func(t *testing.T) {
		source, out := newFake(nil, errDown), new(bytes.Buffer)
		cfg, settle := follow(t, source, out, nil)
		if !strings.Contains(out.String(), "level=WARN msg=settings from=\"the layers below\"") {
			t.Errorf("logged %s", out)
		}
		before := cfg.Addr
		source.push(map[string]string{"addr": ":9", "max-in-flight": "7"})
		settle()
		if now := cfg.Now(); now.Addr != before || now.MaxInFlight != 7 || cfg.Status().Applied != 1 {
			t.Errorf("addr %s, %d in flight, %d applied", now.Addr, now.MaxInFlight, cfg.Status().Applied)
		}
		source.push(map[string]string{"max-in-flight": "8"})
		if settle(); cfg.Now().MaxInFlight != 8 || cfg.Status().Applied != 2 {
			t.Errorf("%d in flight, %d applied", cfg.Now().MaxInFlight, cfg.Status().Applied)
		}
		if !strings.Contains(out.String(), "level=INFO msg=\"settings changed\" keys=[max-in-flight]") || !strings.Contains(out.String(), "until_restart=[addr]") {
			t.Errorf("logged %s", out)
		}
	})
}

func TestAFileThatIsOfNoUseOrCannotBeWrittenIsAWarning(t *testing.T) {
	bounded(t)
	nowhere := filepath.Join(t.TempDir(), "none", "last-good.yaml")
	synctest.Test(t, func(t *testing.T) {
		out := new(bytes.Buffer)
		follow(t, newFake(map[string]string{"max-in-flight": "7"}, nil), out, nil, "-center-cache", nowhere)
		if !strings.Contains(out.String(), "the last-good file is not written") || !strings.Contains(out.String(), "level=INFO msg=settings") {
			t.Errorf("logged %s", out)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		out := new(bytes.Buffer)
		follow(t, newFake(nil, errDown), out, nil, "-center-cache", t.TempDir())
		if !strings.Contains(out.String(), "the last-good file is of no use") {
			t.Errorf("logged %s", out)
		}
	})
}

func TestNoCentreIsNoSource(t *testing.T) {
	cfg, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if cfg = cfg.Follow(t.Context(), nil); cfg.Status() != nil {
		t.Errorf("got %+v", cfg.Status())
	}
}
