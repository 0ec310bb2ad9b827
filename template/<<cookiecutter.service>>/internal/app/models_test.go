package app

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/model"
	"<< cookiecutter.module >>/internal/telemetry"
)

// headquarters signs models.
func headquarters(t *testing.T) (keys string, sign func(version, discounts string) (dir string)) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der), func(version, discounts string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "discounts.json"), []byte(discounts), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := model.Sign(dir, version, private); err != nil {
			t.Fatal(err)
		}
		return dir
	}
}

func TestReadyOnlyWithAModelAndANewOneNeedsNoRestart(t *testing.T) {
	keys, sign := headquarters(t)
	cfg := config.Model{ModelDir: filepath.Join(t.TempDir(), "models"), ModelKeys: keys, ModelVersion: "v1"}
	metrics := telemetry.NewMetrics()
	m, err := openModels(t.Context(), cfg, metrics, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	get := func(handler http.Handler, path string) string {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return rec.Body.String()
	}
	here := &site{models: m}
	if err := here.unfit(); err == nil {
		t.Error("ready without a model")
	}
	cfg.InstallModel = sign("v1", "[]")
	if err := ManageModel(cfg, io.Discard); err != nil {
		t.Fatal(err)
	}
	m.load()
	if err := here.unfit(); err != nil {
		t.Errorf("with a model: %v", err)
	}
	if text := get(metrics.Handler(), "/metrics"); !strings.Contains(text, `model_info{version="v1"} 1`) || !strings.Contains(text, "model_fallback 0") {
		t.Errorf("metrics: %s", text)
	}
}

func TestAModelThatIsOfNoUseIsNamed(t *testing.T) {
	keys, sign := headquarters(t)
	cfg := config.Model{ModelDir: t.TempDir(), ModelKeys: keys}
	for _, cfg.InstallModel = range []string{sign("v1", "[]"), sign("v2", "{}")} {
		if err := ManageModel(cfg, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	metrics := telemetry.NewMetrics()
	m, err := openModels(t.Context(), cfg, metrics, slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil || m.missing() != nil {
		t.Fatalf("%v, %v", err, m.missing())
	}
	if text := out.String(); !strings.Contains(text, `level=ERROR msg="model not taken" error="version v2: json: `) || !strings.Contains(text, "version=v1") {
		t.Errorf("logged %s", text)
	}
	rec := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, line := range []string{"model_fallback 1\n", "model_failures_total 1\n", `model_info{version="v1"} 1`} {
		if !strings.Contains(rec.Body.String(), line) {
			t.Errorf("metrics lack %s", line)
		}
	}
}

func TestTheServiceStartsWithTheModel(t *testing.T) {
	keys, sign := headquarters(t)
	cfg := config.Model{ModelDir: t.TempDir(), ModelKeys: keys, InstallModel: sign("v1", `[{"pieces": 1, "percent": 50}]`)}
	if err := ManageModel(cfg, io.Discard); err != nil {
		t.Fatal(err)
	}
	a := newApp(t, io.Discard, "-model-dir", cfg.ModelDir, "-model-keys", keys)
	stop := start(t, a)
	if _, metrics := call(t, a.admin, http.MethodGet, "/metrics", ""); !strings.Contains(metrics, `model_info{version="v1"} 1`) {
		t.Errorf("metrics: %s", metrics)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestASiteWithAGoodModelIsNotStoppedByABadOne(t *testing.T) {
	keys, sign := headquarters(t)
	_, stranger := headquarters(t)
	var out bytes.Buffer
	cfg := config.Model{ModelDir: t.TempDir(), ModelKeys: keys}
	manage := func(from string) error {
		out.Reset()
		cfg.InstallModel, cfg.RollbackModel = from, from == ""
		return ManageModel(cfg, &out)
	}
	if err := manage(stranger("v1", "[]")); err == nil {
		t.Error("a site without a model goes on with nothing")
	}
	for _, step := range []struct{ from, says string }{
		{sign("v1", "[]"), "model installed"},
		{stranger("v2", "[]"), `goes on with what it has","error":"the manifest is not signed by a known key","version":"v1"`},
		{sign("v3", "[]"), "model installed"},
		{"", `rolled back","version":"v1"`},
	} {
		if err := manage(step.from); err != nil || !strings.Contains(out.String(), step.says) {
			t.Errorf("got %v, %s, want %s", err, &out, step.says)
		}
	}
}
