package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is the command itself in the processes that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_RUNS_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command runs the command, and returns what it says and whether it succeeds.
func command(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), "TEST_RUNS_MAIN=yes")
	out, err := c.CombinedOutput()
	return strings.TrimSpace(string(out)), err == nil
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAModelIsSignedAndChecked(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key.pem")
	public, ok := command(t, "key", key)
	if !ok {
		t.Fatal(public)
	}
	dir := filepath.Dir(write(t, "discounts.json", "[]"))
	if said, ok := command(t, "sign", key, "v1", dir); !ok || said != "" {
		t.Errorf("sign: %s", said)
	}
	if said, ok := command(t, "check", public, dir); !ok || !strings.HasPrefix(said, "v1 ") {
		t.Errorf("check: %s", said)
	}
	if said, ok := command(t, "key", key); ok || !strings.Contains(said, "exists") {
		t.Errorf("it is written over: %s", said)
	}
}

func TestWhatCannotBeSignedOrChecked(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	pemOf := func(content []byte) string {
		return write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: content})))
	}
	public, _ := command(t, "key", filepath.Join(t.TempDir(), "key.pem"))
	dir := filepath.Dir(write(t, "discounts.json", "[]"))
	for want, args := range map[string][]string{
		"usage: ":                     {"check"},
		"no such file":                {"sign", filepath.Join(dir, "none"), "v1", dir},
		"holds no PEM":                {"sign", write(t, "key.pem", "text"), "v1", dir},
		"key.pem: asn1":               {"sign", pemOf([]byte("nonsense")), "v1", dir},
		"not a key of Ed25519":        {"sign", pemOf(der), "v1", dir},
		"manifest.json: no such file": {"check", public, dir},
		"a public key: asn1":          {"check", "nonsense", dir},
		"not in base64":               {"check", "?", dir},
	} {
		if said, ok := command(t, args...); ok || !strings.Contains(said, want) || strings.Contains(said, "goroutine") {
			t.Errorf("%v: %s", args, said)
		}
	}
}
