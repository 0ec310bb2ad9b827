package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/orders/internal/config/configtest"
)

// folder returns one with secret files.
func folder(t *testing.T, values map[string]string) string {
	t.Helper()
	path := t.TempDir()
	for key, value := range values {
		if err := os.WriteFile(filepath.Join(path, key), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestSecretsAreSwappedWithAllSettings(t *testing.T) {
	cfg, err := load(t, "max-body-bytes: 7\n", nil, "-max-header-bytes", "5000")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	if err := cfg.live.rotate(map[string]string{"log-level": "debug"}, log); err != nil {
		t.Fatal(err)
	}
	now := cfg.Now()
	if now.LogLevel != slog.LevelDebug || now.MaxBodyBytes != 7 || now.MaxHeaderBytes != 5000 || now.Now() != now || cfg.LogLevel != slog.LevelInfo {
		t.Errorf("now %d bytes at level %s", now.MaxBodyBytes, now.LogLevel)
	}
	if !strings.Contains(out.String(), "keys=[log-level]") || strings.Contains(out.String(), "=debug") {
		t.Errorf("logged %s", out.String())
	}
	for _, wrong := range []map[string]string{{"log-level": "loud"}, {"addr": ""}} {
		if err := cfg.live.rotate(wrong, log); err == nil || cfg.Now() != now {
			t.Errorf("%s: taken", wrong)
		}
	}
}

func TestSecretFilesAreNamedByFlagOrVariable(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for name, args := range map[string][]string{"": {"-secret-files", nowhere}, nowhere: nil} {
		_, err := load(t, "", map[string]string{"APP_SECRET_FILES": name}, args...)
		if err == nil || !strings.Contains(err.Error(), "secret-files: open "+nowhere+": no such file or directory") {
			t.Errorf("got %v", err)
		}
		if cfg, err := load(t, "", map[string]string{"APP_SECRET_FILES": name}, append(args, "-healthcheck")...); err != nil || !cfg.Healthcheck {
			t.Errorf("a probe fails for want of secrets: %v", err)
		}
	}
}

func TestAFileWithoutEffectIsNamed(t *testing.T) {
	var out bytes.Buffer
	cfg, err := Load([]string{"-secret-files", folder(t, map[string]string{"pasword": "hunter2", "..data": "hunter2"})}, configtest.Env, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cfg.FollowSecrets(t.Context(), slog.New(slog.NewTextHandler(&out, nil)))
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `msg="secret file without effect" name=pasword`) {
		t.Errorf("logged %s", text)
	}
}

func TestASecretIsNoFlagAndNotInTheSettingsFile(t *testing.T) {
	usage := map[string]string{"password": "the password" + Secret, "addr": "address"}
	want := "password is secret: put it into a file password in the folder of -secret-files, not into a flag or the settings' file"
	for _, said := range []map[string]string{{"password": "hunter2"}, {"password": "hunter2", "addr": ""}} {
		for _, err := range []error{misplaced(usage, said, nil), misplaced(usage, nil, said)} {
			if err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
		}
	}
	if err := misplaced(usage, map[string]string{"addr": ""}, map[string]string{"addr": ""}); err != nil {
		t.Error(err)
	}
}

func TestNoErrorHasASecret(t *testing.T) {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.String("password", "", "the password"+Secret)
	fs.Int("pin", 0, "the pin"+Secret)
	fs.String("addr", "", "address")
	secrets := map[string]string{"password": "hunt\"er2", "addr": "host", "pin": "hunter3"}
	_, err := apply(fs, map[string]bool{"password": true, "addr": true, "pin": true}, func(string) (string, bool) { return "", false }, layer{"the secret files", secrets})
	err = errors.Join(err, fmt.Errorf("password %q of %s is hunt\"er2", fs.Lookup("password").Value, fs.Lookup("addr").Value))
	text := withoutSecrets(err, fs).Error()
	if strings.Contains(text, "er2") || strings.Contains(text, "hunter3") || !strings.Contains(text, `password "(secret)" of host is (secret)`) || !strings.Contains(text, "pin (secret) from the secret files: want a whole number of ") {
		t.Error(text)
	}
	if withoutSecrets(nil, fs) != nil {
		t.Error("no error is one")
	}
}

func TestNoDumpHasTheSettings(t *testing.T) {
	cfg, err := load(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"config": cfg, "now": cfg.Now(), "own": cfg.Own})
	if want := `{"config":"(settings)","now":"(settings)","own":"(settings)"}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v", text, err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if text := fmt.Sprintf(verb, cfg) + fmt.Sprintf(verb, cfg.Now()); text != "(settings)(settings)" {
			t.Errorf("%s: %s", verb, text)
		}
	}
}
