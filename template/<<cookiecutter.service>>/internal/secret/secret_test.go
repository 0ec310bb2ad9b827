package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mounted is a Secret as the kubelet mounts it: each file leads through ..data into a folder that is swapped as a whole.
type mounted struct {
	t      *testing.T
	folder string
	state  int
}

func mount(t *testing.T, values map[string]string) *mounted {
	m := &mounted{t: t, folder: t.TempDir()}
	m.rotate(values)
	return m
}

func (m *mounted) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *mounted) rotate(values map[string]string) {
	m.t.Helper()
	m.state++
	name := fmt.Sprintf("..2026_11_30_%d", m.state)
	data := filepath.Join(m.folder, "..data")
	old, _ := os.Readlink(data)
	m.must(os.Mkdir(filepath.Join(m.folder, name), 0o700))
	for key, value := range values {
		m.must(os.WriteFile(filepath.Join(m.folder, name, key), []byte(value), 0o600))
	}
	m.must(os.Symlink(name, data+"_tmp"))
	m.must(os.Rename(data+"_tmp", data))
	for key := range values {
		if err := os.Symlink(filepath.Join("..data", key), filepath.Join(m.folder, key)); !errors.Is(err, os.ErrExist) {
			m.must(err)
		}
	}
	if old != "" {
		m.must(os.RemoveAll(filepath.Join(m.folder, old)))
	}
}

func TestEachFileIsTheValueOfItsKey(t *testing.T) {
	m := mount(t, map[string]string{"a": "one\n", "b": "two\r\n", "c": " three \n\n", "empty": "\n", "other": "x"})
	values, err := Read(m.folder, []string{"a", "b", "c", "empty", "missing"})
	want := map[string]string{"a": "one", "b": "two", "c": " three \n"}
	if err != nil || !maps.Equal(values, want) {
		t.Errorf("got %q, %v", values, err)
	}
}

func TestWhatIsNoSecretIsRefusedByItsKey(t *testing.T) {
	for want, value := range map[string]string{
		"it is no text": "hunter2\xff", "it is no text ": "hunter2\x00", "it has more than 65536 bytes": strings.Repeat("hunter2", 10_000),
	} {
		m := mount(t, map[string]string{"a": "good", "password": value})
		values, err := Read(m.folder, []string{"a", "password"})
		if err == nil || err.Error() != "the secret password: "+strings.TrimSpace(want) {
			t.Errorf("got %q, %v", values, err)
		}
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "password"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(folder, []string{"password"}); err == nil || err.Error() != "the secret password: it is no file" {
		t.Errorf("got %v", err)
	}
	if _, err := Read(filepath.Join(folder, "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAllFilesAreOfOneState(t *testing.T) {
	m := mount(t, map[string]string{"a": "0", "b": "0"})
	done := make(chan struct{})
	var rotating sync.WaitGroup
	rotating.Go(func() {
		defer close(done)
		for i := range 300 {
			m.rotate(map[string]string{"a": fmt.Sprint(i), "b": fmt.Sprint(i)})
		}
	})
	defer rotating.Wait()
	for {
		values, err := Read(m.folder, []string{"a", "b"})
		if err != nil || values["a"] != values["b"] || values["a"] == "" {
			t.Fatalf("got %q, %v", values, err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// follow follows m from its first values on, in a bubble: look lets the time of a look pass, in no time.
func follow(m *mounted, out io.Writer, take func(values map[string]string) error) (look func()) {
	ctx, cancel := context.WithCancel(m.t.Context())
	keys := []string{"password", "user"}
	last, err := Read(m.folder, keys)
	m.must(err)
	log := slog.New(slog.NewTextHandler(out, nil))
	var following sync.WaitGroup
	following.Go(func() { Follow(ctx, m.folder, keys, last, log, take) })
	m.t.Cleanup(func() { cancel(); following.Wait() })
	return func() { time.Sleep(pause); synctest.Wait() }
}

func TestASecretThatRotatesIsTakenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mount(t, map[string]string{"user": "joe", "password": "hunter2"})
		var out strings.Builder
		var taken []map[string]string
		look := follow(m, &out, func(values map[string]string) error { taken = append(taken, values); return nil })
		look()
		m.rotate(map[string]string{"user": "joe", "password": "hunter2"}) // the same again
		look()
		m.rotate(map[string]string{"user": "joe", "password": "hunter3"})
		look()
		look()
		if len(taken) != 1 || taken[0]["user"] != "joe" || taken[0]["password"] != "hunter3" || out.Len() > 0 {
			t.Errorf("taken %q, logged %s", taken, out.String())
		}
	})
}

<% if cookiecutter.secrets == "vault" %>
func TestFilesThatAreWrittenOneAfterTheOtherAreTakenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mount(t, map[string]string{"user": "joe", "password": "hunter2"})
		var taken []map[string]string
		look := follow(m, io.Discard, func(values map[string]string) error { taken = append(taken, values); return nil })
		m.rotate(map[string]string{"user": "ann", "password": "hunter2"})
		look()
		m.rotate(map[string]string{"user": "ann", "password": "hunter3"})
		look()
		look()
		if len(taken) != 1 || taken[0]["user"] != "ann" || taken[0]["password"] != "hunter3" {
			t.Errorf("taken %q", taken)
		}
	})
}

<% endif %>
func TestABrokenSecretKeepsTheOldAndIsLoggedOnce(t *testing.T) {
	good := map[string]string{"user": "joe", "password": "hunter2"}
	for name, broken := range map[string]map[string]string{
		"the secret password: it is no text":            {"user": "ann", "password": "hunter3\xff"},
		"the secret password: it has more than 65536 b": {"user": "ann", "password": strings.Repeat("hunter3", 10_000)},
		"gone or empty: password":                       {"user": "ann", "password": "\n"},
		"gone or empty: password, user":                 {},
		"too short":                                     {"user": "ann", "password": "h"},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := mount(t, good)
			var out strings.Builder
			now := good
			look := follow(m, &out, func(values map[string]string) error {
				if len(values["password"]) < 2 {
					return errors.New("too short")
				}
				now = values
				return nil
			})
			m.rotate(broken)
			look()
			look()
			text := out.String()
			if !maps.Equal(now, good) || strings.Count(text, "secrets refused") != 1 || !strings.Contains(text, name) || strings.Contains(text, "hunter") {
				t.Errorf("%s: now %q, logged %s", name, now, text)
			}
			m.rotate(map[string]string{"user": "ann", "password": "hunter4"})
			look()
			look()
			if now["password"] != "hunter4" || !strings.Contains(out.String(), "secrets are good again") {
				t.Errorf("%s: now %q, logged %s", name, now, out.String())
			}
		})
	}
}
