package httpapi

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"example.com/orders/internal/config"
	"example.com/orders/internal/deps"
	"example.com/orders/internal/function"
	"example.com/orders/internal/health"
	"example.com/orders/internal/telemetry"
)

// bucket is an object storage that knows what the function asks of one: GET, and PUT unless there is one.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	down    bool
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	object, found := b.objects[r.URL.Path]
	switch {
	case b.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodGet && found:
		_, _ = io.WriteString(w, object)
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*" && found:
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == http.MethodPut:
		b.objects[r.URL.Path] = readAll(r.Body)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
	}
}

func readAll(r io.Reader) string {
	content, _ := io.ReadAll(r)
	return string(content)
}

// count returns how many objects have names that start so.
func (b *bucket) count(prefix string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.objects {
		if strings.HasPrefix(name, prefix) {
			n++
		}
	}
	return n
}

// newAPI returns the function over a storage that holds one upload, tea.txt.
func newAPI(t testing.TB, args ...string) (http.Handler, *bucket) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "tester")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	storage := &bucket{objects: map[string]string{"/uploads/tea.txt": "green\nblack\n"}}
	server := httptest.NewServer(storage)
	t.Cleanup(server.Close)
	cfg := load(t, append([]string{"-s3-endpoint", server.URL, "-s3-uploads", "uploads", "-s3-results", "results"}, args...)...)
	return taking(cfg), storage
}

// taking returns the function inside all of the middleware.
func taking(cfg config.Config) http.Handler {
	log, mux := slog.New(slog.DiscardHandler), http.NewServeMux()
	mux.Handle("POST /", Receive(function.New(cfg, &deps.Deps{Core: deps.NewCore(log, cfg.Now)})))
	return New(mux, cfg, log, telemetry.NewMetrics(), new(health.Progress))
}

const upload = `{"bucket":"uploads","key":"tea.txt"}`

// told returns the request that tells of an upload; each header is a name and a value.
func told(data string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(data))
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "/test", "Ce-Type": "upload.created",
	} {
		r.Header.Set(name, value)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func serve(api http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, r)
	return rec
}

func TestUploadIsSummedUpAndTold(t *testing.T) {
	structured := func(body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
		return r
	}
	start := `{"specversion":"1.0","id":"1","source":"/test","type":"upload.created","sequence":5,`
	for name, r := range map[string]*http.Request{
		"binary":             told(upload),
		"structured":         structured(start + `"data":` + upload + `}`),
		"structured, base64": structured(start + `"data_base64":"eyJidWNrZXQiOiJ1cGxvYWRzIiwia2V5IjoidGVhLnR4dCJ9"}`),
	} {
		t.Run(name, func(t *testing.T) {
			api, storage := newAPI(t)
			rec := serve(api, r)
			if rec.Code != http.StatusOK || strings.TrimSpace(rec.Body.String()) != storage.objects["/results/results/tea.txt/1"] {
				t.Fatalf("got %d %s, stored %v", rec.Code, rec.Body, storage.objects)
			}
			for header, want := range map[string]string{
				"Ce-Id": "1-done", "Ce-Type": "upload.processed", "Ce-Subject": "tea.txt", "Content-Type": "application/json",
			} {
				if got := rec.Header().Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
		})
	}
}

// The platform sends 4xx to the dead letters, and tries the rest again: 404, 408, 409 and 429 too.
func TestBadEventsAreForTheDeadLettersAtOnce(t *testing.T) {
	api, storage := newAPI(t, "-max-body-bytes", "1000")
	for name, test := range map[string]struct {
		r      *http.Request
		status int
	}{
		"not JSON":            {told("tea"), 422},
		"no media type":       {told(upload, "Content-Type", ""), 415},
		"not a media of JSON": {told(upload, "Content-Type", "text/plain"), 415},
		"two media types":     {told(upload, "Content-Type", "application/json, text/plain"), 415},
		"a batch":             {told("[]", "Content-Type", "application/cloudevents-batch+json"), 415},
		"two events in one":   {told(`{"specversion":"1.0","id":"1","source":"/","type":"upload.created"}{}`, "Content-Type", "application/cloudevents+json"), 400},
		"no base64":           {told(`{"data_base64":"?"}`, "Content-Type", "application/cloudevents+json"), 400},
		"another version":     {told(upload, "Ce-Specversion", "0.3"), 400},
		"no id":               {told(upload, "Ce-Id", ""), 400},
		"bad escape":          {told(upload, "Ce-Id", "%"), 400},
		"too large":           {told(strings.Repeat(" ", 1001)), 413},
		"another type":        {told(upload, "Ce-Type", "upload.processed"), 422},
		"another bucket":      {told(`{"bucket":"secrets","key":"tea.txt"}`), 422},
		"a way out":           {told(`{"bucket":"uploads","key":"../secrets/tea.txt"}`), 422},
		"a way out by id":     {told(upload, "Ce-Id", ".."), 422},
		"a path by id":        {told(upload, "Ce-Id", "a%2Fb"), 422},
		"no such object":      {told(`{"bucket":"uploads","key":"coffee.txt"}`), 422},
	} {
		t.Run(name, func(t *testing.T) {
			if rec := serve(api, test.r); rec.Code != test.status {
				t.Errorf("got %d %s, want %d", rec.Code, rec.Body, test.status)
			}
		})
	}
	if n := storage.count("/results/results/"); n != 0 {
		t.Errorf("%d results", n)
	}
}

func TestDuplicatesShareOneResultAndAreAllAnswered(t *testing.T) {
	api, storage := newAPI(t)
	bodies := make(chan string, 8)
	for range cap(bodies) {
		go func() { bodies <- fmt.Sprint(serve(api, told(upload))) }()
	}
	for range cap(bodies) {
		<-bodies
	}
	first := serve(api, told(upload))
	storage.mu.Lock()
	storage.objects["/uploads/tea.txt"] = "another text"
	storage.mu.Unlock()
	again := serve(api, told(upload))
	if first.Code != http.StatusOK || again.Code != http.StatusOK || again.Body.String() != first.Body.String() {
		t.Errorf("got %d %s, then %d %s", first.Code, first.Body, again.Code, again.Body)
	}
	if n := storage.count("/results/results/"); n != 1 {
		t.Errorf("%d results", n)
	}
}

func TestOutageOfTheStorageIsTriedAgainAndNotCounted(t *testing.T) {
	api, storage := newAPI(t, "-max-attempts", "1")
	storage.down = true
	for range 3 {
		if rec := serve(api, told(upload)); rec.Code != http.StatusServiceUnavailable {
			t.Errorf("got %d %s, want 503", rec.Code, rec.Body)
		}
	}
	storage.down = false
	if rec := serve(api, told(upload)); rec.Code != http.StatusOK {
		t.Errorf("got %d %s, want 200", rec.Code, rec.Body)
	}
}

func TestAttemptsEndInARestartedFunctionToo(t *testing.T) {
	_, storage := newAPI(t)
	storage.objects["/results/attempts/tea.txt/1/r/1"] = ""
	storage.objects["/results/attempts/tea.txt/1/r/2"] = ""
	server := httptest.NewServer(storage)
	defer server.Close()
	cfg := load(t, "-s3-endpoint", server.URL, "-s3-uploads", "uploads", "-s3-results", "results", "-max-attempts", "2")
	api := taking(cfg)
	if rec := serve(api, told(upload)); rec.Code != 422 || !strings.Contains(rec.Body.String(), "given up after 2 attempts") {
		t.Errorf("got %d %s, want 422", rec.Code, rec.Body)
	}
	if rec := serve(api, told(upload, "Ce-Replay", "1")); rec.Code != http.StatusOK {
		t.Errorf("a replay got %d %s, want attempts of its own", rec.Code, rec.Body)
	}
	if rec := serve(api, told(upload)); rec.Code != http.StatusOK {
		t.Errorf("got %d %s, though there is a result", rec.Code, rec.Body)
	}
}

func TestTraceGoesOnInTheReply(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	api, _ := newAPI(t)
	got := serve(api, told(upload, "Ce-Traceparent", parent)).Header().Get("Ce-Traceparent")
	if !strings.HasPrefix(got, "00-4bf92f3577b34da6a3ce929d0e0e4736-") {
		t.Errorf("the reply's traceparent is %q", got)
	}
}

func TestAttributesAreEscaped(t *testing.T) {
	api, storage := newAPI(t)
	storage.objects["/uploads/grüner tee.txt"] = "tea"
	rec := serve(api, told(`{"bucket":"uploads","key":"grüner tee.txt"}`, "Ce-Id", "%C3%A4"))
	if rec.Code != http.StatusOK || rec.Header().Get("Ce-Subject") != "gr%C3%BCner%20tee.txt" || rec.Header().Get("Ce-Id") != "%C3%A4-done" {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

func TestDeadlineReachesTheStorage(t *testing.T) {
	api, storage := newAPI(t, "-request-timeout", "50ms")
	storage.mu.Lock()
	defer storage.mu.Unlock()
	if rec := serve(api, told(upload)); rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), context.DeadlineExceeded.Error()) {
		t.Errorf("got %d %s, want 503", rec.Code, rec.Body)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("application/json", "1", upload)
	f.Add("application/cloudevents+json", "", `{"specversion":"1.0","id":"1","source":"/","type":"upload.created","data":`+upload+`}`)
	api, _ := newAPI(f)
	f.Fuzz(func(t *testing.T, media, id, data string) {
		rec := serve(api, told(data, "Content-Type", media, "Ce-Id", id))
		switch rec.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		default:
			t.Errorf("%q %q %q got %d %s", media, id, data, rec.Code, rec.Body)
		}
	})
}
