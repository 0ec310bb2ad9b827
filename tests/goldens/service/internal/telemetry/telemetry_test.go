package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLoggerWritesJSONFromItsLevelOn(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, slog.LevelInfo)
	log.Debug("quiet")
	log.Info("loud", "n", 1)
	var line struct{ Msg string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Msg != "loud" {
		t.Errorf("got %s, want one JSON line: %v", &out, err)
	}
}

func TestMetricsAreServed(t *testing.T) {
	metrics := NewMetrics()
	metrics.Requests.WithLabelValues("GET", "/", "200").Observe(0.1)
	rec := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{"http_server_request_duration_seconds_count", "http_server_shed_requests_total 0", "go_goroutines"} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}
