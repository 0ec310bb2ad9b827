package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnlyTheModelInUseIsMeasured(t *testing.T) {
	metrics := NewMetrics()
	use, _ := metrics.WatchModel()
	handler := metrics.Handler()
	for _, step := range []struct {
		version  string
		fallback bool
		want     string
	}{
		{"", false, "model_fallback 1"},
		{"v1", true, `model_fallback 1 model_info{version="v1"} 1`},
		{"v2", false, `model_fallback 0 model_info{version="v2"} 1`},
	} {
		if step.version != "" {
			use(step.version, step.fallback)
		}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
		var got []string
		for line := range strings.Lines(rec.Body.String()) {
			if strings.HasPrefix(line, "model_info") || strings.HasPrefix(line, "model_fallback") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		if strings.Join(got, " ") != step.want {
			t.Errorf("got %q, want %s", got, step.want)
		}
	}
}
