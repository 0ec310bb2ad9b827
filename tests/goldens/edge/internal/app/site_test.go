package app

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// call returns the status and the body of a request.
func call(t *testing.T, s *server, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	content, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(content)
}

const basket = `{"lines":[{"sku":"tea","quantity":1,"unit_price":1}]}`

func TestAQuoteReachesTheUpstream(t *testing.T) {
	taken := make(chan string, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		taken <- string(body)
	}))
	defer upstream.Close()
	a := newApp(t, io.Discard, "-site", "osaka", "-queue-dir", t.TempDir(), "-upstream", upstream.URL)
	stop := start(t, a)
	if code, body := call(t, a.service, http.MethodPost, "/v1/quotes", basket); code != http.StatusOK {
		t.Errorf("got %d %s", code, body)
	}
	if body := <-taken; !strings.Contains(body, `"site":"osaka"`) || !strings.Contains(body, `"total":1`) {
		t.Errorf("the upstream got %s", body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestWithoutALinkQuotesAreGivenAndWait(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	dir := t.TempDir()
	a := newApp(t, io.Discard, "-queue-dir", dir, "-upstream", closed.URL)
	stop := start(t, a)
	for range 3 {
		if code, body := call(t, a.service, http.MethodPost, "/v1/quotes", basket); code != http.StatusOK {
			t.Errorf("got %d %s", code, body)
		}
	}
	if _, metrics := call(t, a.admin, http.MethodGet, "/metrics", ""); !strings.Contains(metrics, "\noffline_queue_records 3\n") {
		t.Errorf("metrics: %s", metrics)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestAWrongQueueEndsTheStart(t *testing.T) {
	var out bytes.Buffer
	cfg := newApp(t, &out).cfg
	cfg.QueueDir, cfg.QueueBytes = t.TempDir(), 1
	if _, err := build(t.Context(), cfg, &out); err == nil || !strings.HasPrefix(err.Error(), "queue: ") {
		t.Errorf("got %v", err)
	}
}
