package telemetry

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/offline"
)

func TestHowOldTheQueueIsIsMeasured(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	q, err := offline.Open(t.Context(), t.TempDir(), 1024*1024, log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	metrics := NewMetrics()
	metrics.WatchQueue(q, offline.NewForwarder(q, "http://headquarters", log))
	handler := metrics.Handler()
	young := func() bool {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
		return strings.Contains(rec.Body.String(), "\noffline_queue_oldest_seconds 0\n")
	}
	if !young() {
		t.Error("an empty queue has an age")
	}
	if err := q.Append(t.Context(), []byte("one")); err != nil || young() {
		t.Errorf("a record has no age, %v", err)
	}
}
