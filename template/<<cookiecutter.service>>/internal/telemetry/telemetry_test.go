package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheRuntimeIsMeasuredToo(t *testing.T) {
	rec := httptest.NewRecorder()
	NewMetrics().Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, name := range []string{"go_goroutines ", "process_start_time_seconds ", "go_build_info{"} {
		if !strings.Contains(rec.Body.String(), "\n"+name) {
			t.Errorf("no %s among the metrics", name)
		}
	}
}
