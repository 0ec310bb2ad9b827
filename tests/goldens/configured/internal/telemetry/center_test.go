package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/orders/internal/center"
	"example.com/orders/internal/config"
)

func TestHowTheFollowingGoesIsMeasured(t *testing.T) {
	seen, metrics := time.Now().Add(-time.Minute), NewMetrics()
	metrics.WatchCenter(func() *config.Status {
		return &config.Status{State: center.State{Seen: seen, Failed: 3}, Applied: 1, Refused: 2, Missing: []string{"a"}}
	})
	rec := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, line := range []string{
		"last_success_timestamp_seconds 1.", "staleness_seconds 60", "missing_keys 1", "applied_total 1", "refused_total 2", "failures_total 3",
	} {
		if !strings.Contains(rec.Body.String(), "\nconfig_center_"+line) {
			t.Errorf("no %s in %s", line, rec.Body)
		}
	}
}
