package center

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/memory"
)

func TestCertificatesAreReadAnewAfterAFailure(t *testing.T) {
	address, files := certified(t)
	authority := files["ca.crt"]
	delete(files, "ca.crt")
	w := web{credentials: folder(t, files)}
	ask := func() (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, status, err := w.get(req)
		return status, err
	}
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "signed by unknown authority") {
		t.Errorf("without an authority: %v", err)
	}
	if err := os.WriteFile(filepath.Join(string(w.credentials), "ca.crt"), []byte(authority), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, err := ask(); status != http.StatusNotFound || err != nil {
		t.Errorf("with it: %d, %v", status, err)
	}
}

func TestAnotherServerAnswersForOneThatDoesNot(t *testing.T) {
	w, asked := web{servers: []string{"a", "b", "c"}}, ""
	ask := func(server string) (int, error) {
		asked += server
		switch server {
		case "a":
			return 0, errors.New("refused")
		case "b":
			return http.StatusServiceUnavailable, nil
		}
		return http.StatusForbidden, nil
	}
	for range 2 {
		if status, err := w.from(ask); status != http.StatusForbidden || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
	}
	if asked != "abcc" {
		t.Errorf("asked %s", asked)
	}
}

func TestAnAnswerThereIsNoMemoryForIsRefused(t *testing.T) {
	memory.SetLimit(1)
	defer memory.SetLimit(0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, memory.Settings()+1))
	}))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := new(web).get(req); err == nil || !strings.Contains(err.Error(), "the answer is over the ") {
		t.Errorf("got %v", err)
	}
	w := web{credentials: folder(t, map[string]string{"ca.crt": "nonsense"})}
	if _, _, err := w.get(req); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("got %v", err)
	}
}
