package model

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/memory"
)

func says(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhatIsWrongWithAKey(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(other.Public())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"?": "is not in base64", "AAAA": "a public key: ", base64.StdEncoding.EncodeToString(der): "is *ecdsa.PublicKey, not of Ed25519",
	} {
		_, err := ParseKeys(text)
		says(t, err, want)
	}
}

func TestWhatCannotBeSigned(t *testing.T) {
	s := newSigner(t)
	says(t, Sign(filepath.Join(t.TempDir(), "none"), "v1", s.private), "no such file")
	says(t, Sign(t.TempDir(), "v1", s.private), "names no file")
	dir := t.TempDir()
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	says(t, Sign(dir, "v1", s.private), "link is no regular file")
}

func TestAManifestIsATextThatEndsWithALine(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(newSigner(t).model(t, "v1", "1"), manifestName))
	if err != nil || !bytes.HasSuffix(data, []byte("}\n")) {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestWhyAModelIsRefused(t *testing.T) {
	s := newSigner(t)
	signed := func(t *testing.T, dir, manifest string) {
		write(t, filepath.Join(dir, manifestName), manifest)
		write(t, filepath.Join(dir, signatureName), base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, []byte(manifest))))
	}
	for want, spoil := range map[string]func(t *testing.T, dir string){
		"manifest.sig: no such file":  func(_ *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, signatureName)) },
		"manifest.json: no such file": func(_ *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, manifestName)) },
		"manifest.json is over": func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, manifestName), strings.Repeat(" ", manifestBytes+1))
		},
		"invalid character":           func(t *testing.T, dir string) { signed(t, dir, "nonsense") },
		"names no file":               func(t *testing.T, dir string) { signed(t, dir, `{"version":"v1"}`) },
		"is longer than the manifest": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "numbers.txt"), "12") },
		"numbers.txt is not what the": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "numbers.txt"), "2") },
		"numbers.txt: no such file":   func(_ *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "numbers.txt")) },
		"numbers.txt is no regular": func(_ *testing.T, dir string) {
			_ = errors.Join(os.Remove(filepath.Join(dir, "numbers.txt")), os.Mkdir(filepath.Join(dir, "numbers.txt"), 0o700))
		},
	} {
		store, dir := s.store(t), s.model(t, "v1", "1")
		spoil(t, dir)
		says(t, store.Install(dir, ""), want)
		_, err := Check(dir, store.keys)
		says(t, err, want)
	}
	store := s.store(t)
	says(t, store.Install(filepath.Join(t.TempDir(), "none"), ""), "no such file")
	_, err := store.check("../v1")
	says(t, err, "is no version")
	_, err = Check(filepath.Join(t.TempDir(), "none"), store.keys)
	says(t, err, "no such file")
}

func TestEachVersionThatFailsIsNamedOnce(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	install(t, store, s.model(t, "v1", "1"))
	install(t, store, s.model(t, "v2", "2"))
	_, err := store.Load("v2", func(*Model) error { return errors.New("of no use") })
	says(t, err, "no model\nversion v2: of no use\nversion v1: of no use")
	if strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatThereIsNoMemoryForIsNotRead(t *testing.T) {
	memory.SetLimit(1)
	defer memory.SetLimit(0)
	s := newSigner(t)
	store := s.store(t)
	install(t, store, s.model(t, "v1", strings.Repeat("1", int(memory.Model())+1)))
	m, err := store.Load("v1", anything)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.ReadFile("numbers.txt")
	says(t, err, "and there is memory for")
	if err := os.RemoveAll(m.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := m.ReadFile("deep/er/names.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestWhatWasRolledBackStaysOutWhenTheOtherIsInstalledAgain(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	good, bad := s.model(t, "v1", "1"), s.model(t, "v2", "2")
	install(t, store, good)
	install(t, store, bad)
	if _, err := store.Rollback(); err != nil {
		t.Fatal(err)
	}
	install(t, store, good)
	if err := store.Install(bad, ""); !errors.Is(err, ErrRolledBack) {
		t.Errorf("got %v", err)
	}
}

func TestADamagedStateIsNoneAndTheLogSaysSo(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	var out bytes.Buffer
	store.log = slog.New(slog.NewTextHandler(&out, nil))
	install(t, store, s.model(t, "v1", "1"))
	if out.Len() > 0 {
		t.Errorf("at first: %s", &out)
	}
	write(t, filepath.Join(store.dir, stateName), `{"current":"v1","previous":5}`)
	if expect(t, inUse(t, store, ""), "none"); !strings.Contains(out.String(), "it is not known which model is current") {
		t.Errorf("logged %s", &out)
	}
}

func TestAStoreThatCannotBeWrittenSaysSo(t *testing.T) {
	s := newSigner(t)
	store, from := s.store(t), s.model(t, "v1", "1")
	write(t, filepath.Join(store.dir, stateName+newName, "file"), "")
	says(t, store.Install(from, ""), stateName)
	store.dir = filepath.Join(from, "numbers.txt")
	says(t, store.Install(from, ""), "not a directory")
	_, err := store.Rollback()
	says(t, err, "not a directory")
	store.dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(store.dir, lockName), 0o700); err != nil {
		t.Fatal(err)
	}
	says(t, store.Install(from, ""), "is a directory")
}

// opened counts what this process has open.
func opened(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(entries)
}

func TestNothingStaysOpen(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector closes what nobody has any more
	s := newSigner(t)
	store, dir := s.store(t), s.model(t, "v1", "1")
	var m *Model
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"Sign", func() error { return Sign(dir, "v1", s.private) }},
		{"Install", func() error { return store.Install(dir, "") }},
		{"Load", func() (err error) { m, err = store.Load("", anything); return err }},
		{"ReadFile", func() error { _, err := m.ReadFile("numbers.txt"); return err }},
		{"Rollback", func() error { _, _ = store.Rollback(); return nil }},
	} {
		before := opened(t)
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if left := opened(t) - before; left != 0 {
			t.Errorf("%s leaves %d files open", step.name, left)
		}
	}
}

func TestAStoreThatIsNotThereGetsNoCopy(t *testing.T) {
	s := newSigner(t)
	store := s.store(t)
	root, err := os.OpenRoot(s.model(t, "v1", "1"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	manifest, data, err := readManifest(root, store.keys)
	if err != nil {
		t.Fatal(err)
	}
	says(t, store.copy(root, manifest, data), "no such file")
	says(t, store.clean(state{}), "no such file")
}
