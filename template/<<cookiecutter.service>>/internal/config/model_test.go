package config

import (
	"strings"
	"testing"
)

func TestAModelIsInstalledOnlyWhereItIsKnownWhoseItMayBe(t *testing.T) {
	for want, args := range map[string][]string{
		"anybody's model would do": {"-model-dir", "/models"},
		"model-dir is empty":       {"-model-keys", "k", "-model-dir", "", "-install-model", "/new"},
	} {
		if _, err := load(t, "", nil, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", args, err)
		}
	}
	cfg, err := load(t, "", nil, "-model-dir", "/models", "-model-keys", "k", "-model-version", "v1", "-install-model", "/new", "-model-rollback")
	if err != nil || cfg.ModelVersion != "v1" || cfg.InstallModel != "/new" || !cfg.RollbackModel {
		t.Errorf("got %+v, %v", cfg.Model, err)
	}
}
