package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/quick"
	"testing/synctest"
	"time"
)

// fake is a config centre whose values a test pushes.
type fake struct {
	mu     sync.Mutex
	values map[string]string
	err    error
	news   chan struct{}
}

func newFake(values map[string]string, err error) *fake {
	return &fake{values: values, err: err, news: make(chan struct{}, 1)}
}

func (f *fake) push(values map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values, f.err = values, nil
	select {
	case f.news <- struct{}{}:
	default:
	}
}

func (f *fake) Load(context.Context) (map[string]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.values, f.err
}

func (f *fake) Wait(ctx context.Context) error {
	select {
	case <-f.news:
	case <-ctx.Done():
	}
	return nil
}

// follow loads settings, and follows source with them, in a bubble: settle lets a minute pass in no time.
func follow(t *testing.T, source *fake, out io.Writer, env map[string]string, args ...string) (cfg Config, settle func()) {
	t.Helper()
	cfg, err := load(t, "", env, args...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	cfg.live.follow(ctx, source, slog.New(slog.NewTextHandler(out, nil)))
	synctest.Wait() // what follows logs, too
	return *cfg.Now(), func() { time.Sleep(time.Minute); synctest.Wait() }
}

var errDown = errors.New("connection refused")

// assignment says for each of three keys which of four layers name it, and with what.
type assignment [3][4]struct {
	Named bool
	Value uint8
}

func TestTheOrderOfTheLayersForAnyAssignment(t *testing.T) {
	keys := []string{"max-header-bytes", "max-in-flight", "max-body-bytes"}
	holds := func(of assignment) bool {
		want := map[string]string{"max-header-bytes": strconv.Itoa(<< cookiecutter.__header_kib >> * 1024), "max-in-flight": "0", "max-body-bytes": "65536"}
		var file strings.Builder
		var args []string
		centre, env := map[string]string{}, map[string]string{}
		for n, key := range keys {
			for layer, said := range of[n] { // from the lowest up: the last one that names it wins
				if !said.Named {
					continue
				}
				text := strconv.Itoa(int(said.Value) + 4096)
				want[key] = text
				switch layer {
				case 0:
					fmt.Fprintf(&file, "%s: %s\n", key, text)
				case 1:
					centre[key] = text
				case 2:
					env[variable(key)] = text
				case 3:
					args = append(args, "-"+key, text)
				}
			}
		}
		cfg, err := load(t, file.String(), env, args...)
		if err != nil {
			t.Fatal(err)
		}
		_, text, err := cfg.live.layers.merge(centre, nil)
		if err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(text, func(key, _ string) bool { return want[key] == "" })
		return maps.Equal(text, want)
	}
	if err := quick.Check(holds, nil); err != nil {
		t.Error(err)
	}
}

func TestAPushIsSeenAndToldWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(map[string]string{"max-in-flight": "5", "addr": ":9"}, nil)
		cfg, settle := follow(t, source, io.Discard, nil)
		if cfg.MaxInFlight != 5 || cfg.Addr != ":9" || cfg.Status().From != "the centre" {
			t.Errorf("at start: %d, %s, from %s", cfg.MaxInFlight, cfg.Addr, cfg.Status().From)
		}
		var told [][]string
		cfg.OnChange(func(keys []string, now *Config) {
			if int(now.LogLevel) != now.MaxInFlight {
				t.Errorf("half a change: %s and %d", now.LogLevel, now.MaxInFlight)
			}
			told = append(told, keys)
		})
		source.push(map[string]string{"log-level": "INFO+7", "max-in-flight": "7", "addr": ":9"})
		settle()
		if cfg.Now().MaxInFlight != 7 || cfg.MaxInFlight != 5 {
			t.Errorf("now %d, and the state before changed to %d", cfg.Now().MaxInFlight, cfg.MaxInFlight)
		}
		if want := [][]string{{"log-level", "max-in-flight"}}; !slices.EqualFunc(told, want, slices.Equal) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

func TestBadValuesAreRefusedWholeAndLoggedOnce(t *testing.T) {
	for name, bad := range map[string]map[string]string{
		"no number": {"max-in-flight": "many", "log-level": "warn"},
		"outside":   {"max-in-flight": "-1", "log-level": "warn"},
		// It would only bite at the next start, when nobody remembers.
		"bad for a restart": {"drain-timeout": "1s", "log-level": "warn"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				source := newFake(map[string]string{"max-in-flight": "5"}, nil)
				cfg, settle := follow(t, source, &out, nil)
				for range 3 { // the same again is no news
					source.push(bad)
					settle()
				}
				if now := cfg.Now(); now.MaxInFlight != 5 || now.LogLevel != slog.LevelInfo {
					t.Errorf("taken: %d and %s", now.MaxInFlight, now.LogLevel)
				}
				if n := strings.Count(out.String(), "values refused"); n != 1 || cfg.Status().Refused != 1 {
					t.Errorf("%d lines, %d counted:\n%s", n, cfg.Status().Refused, &out)
				}
			})
		})
	}
}

func TestAKeyThatIsNotHotWaitsForARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		source := newFake(map[string]string{"max-in-flight": "5"}, nil)
		cfg, settle := follow(t, source, &out, nil)
		source.push(map[string]string{"max-in-flight": "6", "drain-timeout": "40s", "new-in-v2": "x", "center-address": "y"})
		settle()
		if now := cfg.Now(); now.MaxInFlight != 6 || now.DrainTimeout != cfg.DrainTimeout || now.Address != cfg.Address {
			t.Errorf("got %d, %s, %q", now.MaxInFlight, now.DrainTimeout, now.Address)
		}
		if want := `unknown="[center-address new-in-v2]" until_restart=[drain-timeout]`; strings.Count(out.String(), want) != 1 {
			t.Errorf("the log lacks %s:\n%s", want, &out)
		}
	})
}

func TestWhatTheEnvironmentSaysIsNotChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(nil, nil)
		cfg, settle := follow(t, source, io.Discard, map[string]string{"APP_MAX_IN_FLIGHT": "3"})
		cfg.OnChange(func(keys []string, _ *Config) { t.Errorf("told that %v changed", keys) })
		source.push(map[string]string{"max-in-flight": "6"})
		settle()
		if got := cfg.Now().MaxInFlight; got != 3 {
			t.Errorf("got %d", got)
		}
	})
}

func TestAStartWithoutTheCentre(t *testing.T) {
	for name, test := range map[string]struct {
		cache, needs, from string
		inFlight           int
		missing            []string
	}{
		"nothing":               {"", "", "the layers below", 0, nil},
		"last-good file":        {"max-in-flight: '8'\n", "max-in-flight", "the last-good file", 8, nil},
		"spoiled file":          {"max-in-flight: many\n", "max-in-flight", "the layers below", 0, []string{"max-in-flight"}},
		"needed":                {"", "max-in-flight,log-level", "the layers below", 0, []string{"max-in-flight"}},
		"not all of it is kept": {"max-body-bytes: '8'\n", "max-in-flight", "the last-good file", 0, []string{"max-in-flight"}},
	} {
		t.Run(name, func(t *testing.T) {
			cache := filepath.Join(t.TempDir(), "last-good.yaml")
			if test.cache != "" {
				if err := os.WriteFile(cache, []byte(test.cache), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				source := newFake(nil, errDown)
				env := map[string]string{"APP_LOG_LEVEL": "warn"} // nobody has to say it any more
				cfg, settle := follow(t, source, io.Discard, env, "-center-cache", cache, "-center-needs", test.needs)
				status := cfg.Status()
				if cfg.MaxInFlight != test.inFlight || status.From != test.from || !slices.Equal(status.Missing, test.missing) {
					t.Errorf("got %d from %s, missing %v", cfg.MaxInFlight, status.From, status.Missing)
				}
				source.push(map[string]string{"max-in-flight": "9"})
				settle()
				if got := cfg.Now().MaxInFlight; got != 9 {
					t.Errorf("after its return: %d", got)
				}
				if status := cfg.Status(); status.From != "the centre" || len(status.Missing) > 0 || status.Error != "" {
					t.Errorf("after its return: %+v", status)
				}
				source.push(map[string]string{"max-body-bytes": "65536"})
				settle()
				if missing := cfg.Status().Missing; len(missing) > 0 {
					t.Errorf("a service that was ready waits for %v again", missing)
				}
			})
		})
	}
}

func TestTheLastGoodFileHasNoSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "last-good.yaml")
	values := map[string]string{"api-token": "hunter2", "max-in-flight": "5"}
	if err := keep(path, values, map[string]string{"api-token": "the `token`" + Secret, "max-in-flight": "requests" + Hot}); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil || string(written) != "max-in-flight: \"5\"\n" {
		t.Errorf("got %q, %v", written, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
}

func TestANeededKeyMustBeHot(t *testing.T) {
	for _, key := range []string{"drain-timeout", "nothing"} {
		if _, err := load(t, "", nil, "-center-needs", "max-in-flight,"+key); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q is no hot key", key)) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

// TestManyPushes is six minutes of them: goroutines and memory stay as they are, and readers see whole settings.
func TestManyPushes(t *testing.T) {
	const pushes = 1_000
	synctest.Test(t, func(t *testing.T) {
		source := newFake(map[string]string{"log-level": "INFO+1", "max-in-flight": "1"}, nil)
		cfg, settle := follow(t, source, io.Discard, nil)
		settle()
		var before, after runtime.MemStats
		goroutines := runtime.NumGoroutine()
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := range pushes {
			value := strconv.Itoa(n%1000 + 1)
			source.push(map[string]string{"log-level": "INFO+" + value, "max-in-flight": value})
			if n%5 > 0 { // of those in quick succession not every one is seen
				settle()
			}
			if now := cfg.Now(); int(now.LogLevel) != now.MaxInFlight {
				t.Fatalf("half a change: %s and %d", now.LogLevel, now.MaxInFlight)
			}
		}
		settle()
		if got, want := cfg.Now().MaxInFlight, (pushes-1)%1000+1; got != want {
			t.Errorf("the last push is not the one in force: %d, want %d", got, want)
		}
		if now := runtime.NumGoroutine(); now > goroutines {
			t.Errorf("%d goroutines, %d before", now, goroutines)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 128*1024 {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
	})
}
