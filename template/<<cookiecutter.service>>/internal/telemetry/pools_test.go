package telemetry

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPoolsAreMeasuredEachByItsName(t *testing.T) {
	metrics, stats := NewMetrics(), sql.DBStats{}
	metrics.WatchPool("orders", func() sql.DBStats { return stats })
	metrics.WatchPool("audit", func() sql.DBStats { return sql.DBStats{} })
	stats = sql.DBStats{MaxOpenConnections: 4, InUse: 3, Idle: 1, WaitCount: 2, WaitDuration: 1500 * time.Millisecond}
	rec := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, line := range []string{
		`db_client_connection_count{pool="orders",state="used"} 3`,
		`db_client_connection_count{pool="orders",state="idle"} 1`,
		`db_client_connection_max{pool="orders"} 4`,
		`db_client_connection_wait_time_seconds_sum{pool="orders"} 1.5`,
		`db_client_connection_wait_time_seconds_count{pool="orders"} 2`,
		`db_client_connection_max{pool="audit"} 0`,
	} {
		if !strings.Contains(rec.Body.String(), "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}
