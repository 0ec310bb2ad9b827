package function

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/config"
)

// storing returns a store over a storage that answers so.
func storing(t *testing.T, answer http.HandlerFunc) *store {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return newStore(config.Config{S3Endpoint: server.URL, S3Region: "r", Results: "results", MaxBodyBytes: 100})
}

func says(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWhatIsWrongWithAnEvent(t *testing.T) {
	f := &Function{uploads: "uploads"}
	for want, event := range map[string]Event{
		`type "x" is not`:             {Type: "x"},
		"data: invalid character":     {Type: Created, Data: []byte("nonsense")},
		`bucket "b" is not "uploads"`: {Type: Created, Data: []byte(`{"bucket":"b"}`)},
		`key "/" is no path`:          {Type: Created, Data: []byte(`{"bucket":"uploads","key":"/"}`)},
		`id "a/b" is no name`:         {Type: Created, ID: "a/b", Data: []byte(`{"bucket":"uploads","key":"k"}`)},
	} {
		_, err := f.upload(event)
		says(t, err, want)
	}
}

func TestNothingIsDoneThatIsNotCounted(t *testing.T) {
	f := &Function{uploads: "uploads", maxAttempts: 3, store: storing(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/attempts/") {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	_, err := f.once(t.Context(), upload{"uploads", "tea.txt"}, Event{ID: "1"})
	says(t, err, "the storage answers 503")
}

func TestAResultThatIsNotKeptIsNone(t *testing.T) {
	s := storing(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	_, err := s.keep(t.Context(), "x", []byte("{}"))
	says(t, err, "the storage answers 503")
	_, err = s.keep(t.Context(), "x", make([]byte, 101))
	says(t, err, "a result of 101 bytes, and max-body-bytes is 100")
}

func TestARequestIsSignedAndSaysWhatItHas(t *testing.T) {
	s := storing(t, func(_ http.ResponseWriter, r *http.Request) {
		sum, _ := io.ReadAll(r.Body)
		if r.Header.Get("Content-Type") != "application/json" || len(r.Header.Get("X-Amz-Content-Sha256")) != 64 || string(sum) != "{}" ||
			!strings.Contains(r.Header.Get("Authorization"), "Credential=key/") {
			t.Errorf("got %v %s", r.Header, sum)
		}
	})
	if created, err := s.create(t.Context(), "x", []byte("{}")); !created || err != nil {
		t.Errorf("got %v, %v", created, err)
	}
	s.who = whoWeAre(func(string) string { return "" })
	_, err := s.create(t.Context(), "x", nil)
	says(t, err, "who we are: ")
	s.endpoint = "http://a b"
	_, err = s.create(t.Context(), "x", nil)
	says(t, err, "invalid character")
}

func TestWhetherAnotherDeliveryMayMendIt(t *testing.T) {
	for length, want := range map[string]bool{"1": true, "2": false} { // a byte that is no text, and half of a text
		f := &Function{store: storing(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", length)
			_, _ = io.WriteString(w, "\xff")
		})}
		made, err := f.process(t.Context(), upload{"uploads", "tea.txt"})
		if _, permanent := errors.AsType[Permanent](err); err == nil || permanent != want {
			t.Errorf("of %s bytes: %s, %v", length, made, err)
		}
	}
}

// watched counts the answers of the storage, and those that nobody holds any more.
type watched struct {
	http.RoundTripper

	answers, closed int
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		w.answers++
		res.Body = watchedBody{res.Body, w}
	}
	return res, err
}

type watchedBody struct {
	io.ReadCloser

	by *watched
}

func (b watchedBody) Close() error {
	b.by.closed++
	return b.ReadCloser.Close()
}

func TestEveryAnswerOfTheStorageIsClosed(t *testing.T) {
	s := storing(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "kept") {
			w.WriteHeader(http.StatusPreconditionFailed)
		}
		_, _ = io.WriteString(w, "{}")
	})
	all := &watched{RoundTripper: s.client.Transport}
	s.client.Transport = all
	if _, err := (&Function{store: s}).process(t.Context(), upload{"uploads", "tea.txt"}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"made", "kept"} {
		if _, err := s.keep(t.Context(), name, []byte("{}")); err != nil {
			t.Error(err)
		}
	}
	if all.answers != 4 || all.closed != all.answers {
		t.Errorf("%d of %d are closed", all.closed, all.answers)
	}
}
