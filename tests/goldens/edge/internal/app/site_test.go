package app

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	defer func() { _ = res.Body.Close() }()
	content, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(content)
}

// answering is a service that answers with what it is sent, at its own path.
func answering(t *testing.T, out io.Writer, args ...string) *app {
	t.Helper()
	a := newApp(t, out, args...)
	a.mux.HandleFunc("POST /its/own/test", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	return a
}

func TestAnAnswerReachesTheUpstream(t *testing.T) {
	taken := make(chan string, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		taken <- string(body)
	}))
	defer upstream.Close()
	a := answering(t, io.Discard, "-site", "osaka", "-queue-dir", t.TempDir(), "-upstream", upstream.URL)
	stop := start(t, a)
	if code, body := call(t, a.service, http.MethodPost, "/its/own/test", `{"total":1}`); code != http.StatusOK {
		t.Errorf("got %d %s", code, body)
	}
	if body := within(t, taken); !strings.Contains(body, `"site":"osaka"`) || !strings.Contains(body, `"total":1`) {
		t.Errorf("the upstream got %s", body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestWithoutALinkAnswersAreGivenAndWait(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	dir := t.TempDir()
	a := answering(t, io.Discard, "-queue-dir", dir, "-upstream", closed.URL)
	stop := start(t, a)
	for range 3 {
		if code, body := call(t, a.service, http.MethodPost, "/its/own/test", `{"total":1}`); code != http.StatusOK {
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

func TestADiskThatIsGoneIsSaidCountedAndShown(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	a := answering(t, &out, "-queue-dir", filepath.Join(dir, "queue"))
	stop := start(t, a)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if code, body := call(t, a.service, http.MethodPost, "/its/own/test", `{"total":1}`); code != http.StatusServiceUnavailable {
			t.Errorf("got %d %s", code, body)
		}
	}
	if code, body := call(t, a.admin, http.MethodGet, "/readyz", ""); code != http.StatusServiceUnavailable || !strings.Contains(body, "no such file") {
		t.Errorf("ready: %d %s", code, body)
	}
	if _, metrics := call(t, a.admin, http.MethodGet, "/metrics", ""); !strings.Contains(metrics, "\noffline_queue_errors_total 3\n") {
		t.Errorf("metrics: %s", metrics)
	}
	_ = stop()
	for _, want := range []string{`"msg":"records not kept"`, `"msg":"request failed"`, "no such file"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in the log: %s", want, &out)
		}
	}
}

func TestAnAnswerThatIsTooLargeToBeKeptIsRefused(t *testing.T) {
	a := answering(t, io.Discard, "-queue-dir", t.TempDir(), "-queue-bytes", "65536")
	stop := start(t, a)
	body := `"` + strings.Repeat("a", 5000) + `"`
	if code, answer := call(t, a.service, http.MethodPost, "/its/own/test", body); code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s", code, answer)
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
