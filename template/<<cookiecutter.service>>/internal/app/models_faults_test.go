package app

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/model"
	"<< cookiecutter.module >>/internal/telemetry"
)

func TestAnotherModelIsLookedForAndWhatHappensIsLoggedOnce(t *testing.T) {
	defer time.AfterFunc(patience, func() { panic("it hangs") }).Stop()
	keys, sign := headquarters(t)
	cfg := config.Model{ModelDir: filepath.Join(t.TempDir(), "models"), ModelKeys: keys}
	first, second := sign("v1", "[]"), sign("v2", "[]")
	install := func(from string) {
		t.Helper()
		cfg.InstallModel = from
		if err := ManageModel(cfg, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	install(first)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		metrics := telemetry.NewMetrics()
		m, err := openModels(t.Context(), cfg, metrics, slog.New(slog.NewTextHandler(&out, nil)))
		if err != nil || m.missing() != nil {
			t.Fatalf("%v, %v", err, m.missing())
		}
		lost := func() {
			if err := os.RemoveAll(cfg.ModelDir); err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range []func(){func() { install(second) }, lost, func() { install(first) }, lost} {
			step()
			time.Sleep(3 * look)
			synctest.Wait()
		}
		for line, times := range map[string]int{
			`msg="model in use" version=v1`: 2, `msg="model in use" version=v2`: 1, `msg="model not taken"`: 2,
		} {
			if got := strings.Count(out.String(), line); got != times {
				t.Errorf("%s is logged %d times: %s", line, got, &out)
			}
		}
		rec := httptest.NewRecorder()
		if metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)); !strings.Contains(rec.Body.String(), "failures_total 6\n") {
			t.Errorf("metrics: %s", rec.Body)
		}
	})
}

func TestWhyAModelIsNotManaged(t *testing.T) {
	keys, sign := headquarters(t)
	var out bytes.Buffer
	for want, cfg := range map[string]config.Model{
		"not in base64":         {ModelKeys: "?"},
		"nothing to go back to": {ModelKeys: keys, ModelDir: t.TempDir(), RollbackModel: true},
	} {
		if err := ManageModel(cfg, &out); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
	}
	cfg := config.Model{ModelKeys: keys, ModelDir: t.TempDir(), InstallModel: sign("v1", "[]")}
	if err := ManageModel(cfg, &out); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("got %v, %s", err, &out)
	}
	if _, err := openModels(t.Context(), config.Model{ModelDir: "x", ModelKeys: "?"}, telemetry.NewMetrics(), nil); err == nil {
		t.Error("a key that is none is taken")
	}
	settings := newApp(t, io.Discard).cfg
	settings.ModelDir, settings.ModelKeys = "x", "?"
	if _, err := build(t.Context(), settings, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "model: ") {
		t.Errorf("got %v", err)
	}
	if _, err := read(new(model.Model)); err == nil || !strings.Contains(err.Error(), "discounts.json") {
		t.Errorf("got %v", err)
	}
}
