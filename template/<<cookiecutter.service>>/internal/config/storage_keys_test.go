package config

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestKeysOfTheStorageRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := folder(t, map[string]string{"s3-access-key-id": "one", "s3-secret-access-key": "hunter2\n"})
		cfg, err := load(t, "", nil, "-secret-files", path)
		if err != nil || cfg.S3AccessKeyID != "one" || cfg.S3SecretAccessKey != "hunter2" {
			t.Fatal(cfg.S3AccessKeyID, err)
		}
		var out bytes.Buffer
		cfg.FollowSecrets(t.Context(), slog.New(slog.NewTextHandler(&out, nil)))
		for key, value := range map[string]string{"s3-access-key-id": "two", "s3-secret-access-key": "hunter3"} {
			if err := os.WriteFile(filepath.Join(path, key), []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if now := cfg.Now(); now.S3AccessKeyID != "two" || now.S3SecretAccessKey != "hunter3" || strings.Contains(out.String(), "hunter") {
			t.Errorf("now %s, logged %s", now.S3AccessKeyID, out.String())
		}
	})
	for _, args := range [][]string{{"-s3-secret-access-key", "hunter2"}, {"-s3-session-token=hunter2"}} {
		if _, err := load(t, "", nil, args...); err == nil || !strings.Contains(err.Error(), " is secret: ") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := load(t, "", nil, "-secret-files", folder(t, map[string]string{"s3-access-key-id": "one"})); err == nil || !strings.Contains(err.Error(), "come together") {
		t.Errorf("got %v", err)
	}
}
