package model

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// signer is a key of the headquarters, and what a site knows of it.
type signer struct {
	private ed25519.PrivateKey
	public  string
}

func newSigner(t *testing.T) signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer{private, base64.StdEncoding.EncodeToString(der)}
}

// model returns a folder with a signed version, whose one number is its content.
func (s signer) model(t *testing.T, version, content string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "numbers.txt"), content)
	write(t, filepath.Join(dir, "deep", "er", "names.txt"), "one\ntwo\n")
	if err := Sign(dir, version, s.private); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s signer) store(t *testing.T) *Store {
	t.Helper()
	bounded(t)
	store, err := NewStore(filepath.Join(t.TempDir(), "models"), s.public, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// bounded ends a test that hangs, and shows where it does.
func bounded(t testing.TB) {
	hangs := time.AfterFunc(10*time.Second, func() {
		debug.SetTraceback("all")
		panic(t.Name() + " hangs")
	})
	t.Cleanup(func() { hangs.Stop() })
}

func install(t *testing.T, store *Store, from string) {
	t.Helper()
	if err := store.Install(from, ""); err != nil {
		t.Fatal(err)
	}
}

func anything(*Model) error { return nil }

// inUse returns the version and the number that a site works with.
func inUse(t *testing.T, store *Store, wanted string) string {
	t.Helper()
	m, _ := store.Load(wanted, anything)
	if m == nil {
		return "none"
	}
	content, err := m.ReadFile("numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	return m.Version + " " + string(content)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheVersionInstalledLastIsInUseAndTheOneBeforeIsKept(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	expect(t, inUse(t, store, ""), "none")
	for i, version := range []string{"v1", "v2", "v3"} {
		install(t, store, s.model(t, version, "number"))
		expect(t, inUse(t, store, ""), version+" number")
		expect(t, inUse(t, store, "v9"), version+" number")
		kept, _ := filepath.Glob(filepath.Join(store.dir, "v*"))
		if len(kept) != min(i+1, 2) {
			t.Errorf("after %s there are %q", version, kept)
		}
	}
	expect(t, inUse(t, store, "v2"), "v2 number")
}

func TestTheSameVersionAgainChangesNothing(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	first, second := s.model(t, "v1", "1"), s.model(t, "v2", "2")
	install(t, store, first)
	install(t, store, second)
	before := store.Current()
	install(t, store, second)
	expect(t, store.Current(), before)
	if err := store.Install(s.model(t, "v2", "other"), ""); err == nil {
		t.Error("a version has two contents")
	}
	install(t, store, first) // a wave that is put back
	expect(t, inUse(t, store, ""), "v1 1")
	expect(t, inUse(t, store, "v2"), "v2 2")
}

func TestRollbackNeedsNothingButTheDisk(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	good, bad, better := s.model(t, "v1", "1"), s.model(t, "v2", "2"), s.model(t, "v3", "3")
	install(t, store, good)
	if _, err := store.Rollback(); err == nil {
		t.Error("there is nothing to go back to")
	}
	install(t, store, bad)
	before := store.Current()
	version, err := store.Rollback()
	if err != nil || version != "v1" || store.Current() == before {
		t.Errorf("got %s, %v", version, err)
	}
	expect(t, inUse(t, store, "v2"), "v1 1")
	if err := store.Install(bad, "v2"); !errors.Is(err, ErrRolledBack) {
		t.Errorf("a restart brings it back: %v", err)
	}
	expect(t, inUse(t, store, "v2"), "v1 1")
	install(t, store, better)
	expect(t, inUse(t, store, "v3"), "v3 3")
	install(t, store, bad) // released once more, on purpose
	expect(t, inUse(t, store, "v2"), "v2 2")
}

func TestABadVersionLeavesTheSiteWhatItHas(t *testing.T) {
	s, stranger := newSigner(t), newSigner(t)
	longer := strings.Repeat("2", 100)
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"a stranger's signature": func(t *testing.T, dir string) {
			if err := Sign(dir, "v2", stranger.private); err != nil {
				t.Fatal(err)
			}
		},
		"no signature":     func(t *testing.T, dir string) { write(t, filepath.Join(dir, signatureName), "") },
		"no manifest":      func(_ *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, manifestName)) },
		"a truncated file": func(_ *testing.T, dir string) { _ = os.Truncate(filepath.Join(dir, "numbers.txt"), 0) },
		"a longer file":    func(t *testing.T, dir string) { write(t, filepath.Join(dir, "numbers.txt"), longer) },
		"another content":  func(t *testing.T, dir string) { write(t, filepath.Join(dir, "numbers.txt"), "3") },
		"a missing file":   func(_ *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "deep/er/names.txt")) },
		"another manifest": func(t *testing.T, dir string) { write(t, filepath.Join(dir, manifestName), `{"version":"v2"}`) },
		"a link for a file": func(t *testing.T, dir string) {
			link := filepath.Join(dir, "numbers.txt")
			if err := errors.Join(os.Remove(link), os.Symlink("/etc/hostname", link)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := s.store(t)
			install(t, store, s.model(t, "v1", "1"))
			bad := s.model(t, "v2", "2")
			spoil(t, bad)
			if err := store.Install(bad, "v2"); err == nil {
				t.Error("it is installed")
			}
			expect(t, inUse(t, store, "v2"), "v1 1")
			// As if somebody had copied it by hand.
			if err := os.CopyFS(filepath.Join(store.dir, "v2"), os.DirFS(bad)); err != nil && name != "a link for a file" {
				t.Fatal(err)
			}
			expect(t, inUse(t, store, "v2"), "v1 1")
			// A good one of this name takes its place.
			install(t, store, s.model(t, "v2", "2"))
			expect(t, inUse(t, store, "v2"), "v2 2")
		})
	}
}

func TestAManifestCannotNameWhatIsNotItsOwn(t *testing.T) {
	sum := strings.Repeat("0", 64)
	for _, name := range []string{"../v1/numbers.txt", "/etc/passwd", "a/../../b", "", ".", "a//b", `..\b`, manifestName, signatureName, "a\x00b"} {
		manifest := Manifest{Version: "v1", Files: []File{{name, 0, sum}}}
		if err := manifest.validate(); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	for _, version := range []string{"", "..", ".state.json", "a/b", "-x", "v 1", strings.Repeat("v", 129)} {
		if err := Sign(newSigner(t).model(t, "v1", "1"), version, newSigner(t).private); err == nil {
			t.Errorf("version %q is signed", version)
		}
	}
}

func TestAnImageWithAnotherVersionThanTheWantedIsRefused(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	if err := store.Install(s.model(t, "v1", "1"), "v2"); err == nil {
		t.Error("v1 is installed for v2")
	}
	install(t, store, s.model(t, "v1", "1"))
	if err := os.Rename(filepath.Join(store.dir, "v1"), filepath.Join(store.dir, "v2")); err != nil {
		t.Fatal(err)
	}
	expect(t, inUse(t, store, "v2"), "none")
}

func TestAVersionThatTheServiceCannotUseIsNotTaken(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	install(t, store, s.model(t, "v1", "1"))
	install(t, store, s.model(t, "v2", "2"))
	m, err := store.Load("", func(m *Model) error {
		if m.Version == "v2" {
			return errors.New("of no use")
		}
		return nil
	})
	if says(t, err, "version v2: of no use"); m == nil || m.Version != "v1" {
		t.Errorf("got %+v", m)
	}
	if _, err := store.Rollback(); err != nil {
		t.Fatal(err)
	}
	_, err = store.Load("v2", anything)
	says(t, err, "version v2: "+ErrRolledBack.Error())
}

func TestWhatChangesAfterTheCheckIsNotRead(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	install(t, store, s.model(t, "v1", "1"))
	m, err := store.Load("", anything)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(m.Dir, "numbers.txt"), "2")
	write(t, filepath.Join(m.Dir, "more.txt"), "not signed")
	for _, name := range []string{"numbers.txt", "more.txt", "../v1/numbers.txt"} {
		if content, err := m.ReadFile(name); err == nil {
			t.Errorf("%s is read: %s", name, content)
		}
	}
}

func TestALostStateLeavesTheWantedVersion(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	install(t, store, s.model(t, "v1", "1"))
	write(t, filepath.Join(store.dir, stateName), strings.Repeat("\x00", 40))
	expect(t, inUse(t, store, ""), "none")
	expect(t, inUse(t, store, "v1"), "v1 1")
	install(t, store, s.model(t, "v2", "2"))
	expect(t, inUse(t, store, ""), "v2 2")
}

func TestKeys(t *testing.T) {
	old, next := newSigner(t), newSigner(t)
	both := signer{public: old.public + ", " + next.public}
	store := both.store(t)
	install(t, store, old.model(t, "v1", "1"))
	install(t, store, next.model(t, "v2", "2"))
	for _, text := range []string{"", "x", old.public + ",", "AAAA"} {
		if _, err := ParseKeys(text); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}
