package function

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"<< cookiecutter.module >>/internal/config"
)

func TestNamesAreEscapedAsTheSignatureHasThem(t *testing.T) {
	if got, want := escape("uploads/a b+c/ä$&=@:~.txt"), "/uploads/a%20b%2Bc/%C3%A4%24%26%3D%40%3A~.txt"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhoWeAre(t *testing.T) {
	agent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "a token" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = fmt.Fprint(w, `{"AccessKeyId": "pod", "SecretAccessKey": "s", "Token": "t", "Expiration": "2999-01-01T00:00:00Z"}`)
	}))
	defer agent.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a token"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
	pod := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": agent.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token}
	for want, env := range map[string]map[string]string{"key": keys, "pod": pod, "": {}} {
		who, err := whoWeAre(func(name string) string { return env[name] }).Retrieve(t.Context())
		if who.AccessKeyID != want || (err == nil) != (want != "") {
			t.Errorf("got %q, %v; want %q", who.AccessKeyID, err, want)
		}
	}
}

func TestWhatTheStorageAnswers(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for answer, want := range map[string]string{
		"404 <Error><Code>NoSuchKey</Code></Error>":                           errAbsent.Error(),
		"404 <Error><Code>NoSuchBucket</Code><Message>Gone</Message></Error>": "404: NoSuchBucket: Gone",
		"503 try later": "503",
		"307 ":          "307",
	} {
		status, body, _ := strings.Cut(answer, " ")
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			var code int
			_, _ = fmt.Sscan(status, &code)
			w.Header().Set("Location", "https://elsewhere.example.com")
			w.WriteHeader(code)
			_, _ = fmt.Fprint(w, body)
		}))
		_, err := newStore(config.Config{S3Endpoint: server.URL, S3Region: "r", Results: "results", MaxBodyBytes: 1024}).result(t.Context(), "x")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", answer, err, want)
		}
		server.Close()
	}
}
