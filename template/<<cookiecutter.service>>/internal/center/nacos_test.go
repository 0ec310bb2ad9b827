package center

import (
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// nacos is a server with one text; it wants a token where there is a password.
type nacos struct {
	text, password, token string
	tenant                string // what a query has to name besides
	second                bool
	logins                int
}

func (n *nacos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/nacos/v1/auth/login" && r.FormValue("username") == "orders" && r.FormValue("password") == n.password:
		n.logins++
		_ = json.NewEncoder(w).Encode(map[string]string{"accessToken": n.token})
	case r.URL.Path == "/nacos/v1/auth/login" && n.second: // as Nacos 2.2 has it
		connection, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(connection, "HTTP/1.1 0 \r\n\r\n")
		_ = connection.Close()
	case r.URL.Path == "/nacos/v1/auth/login": // as Nacos 3.1 has it
		w.WriteHeader(http.StatusInternalServerError)
	case r.URL.Path != "/nacos/v1/cs/configs", n.password != "" && r.Header.Get("accessToken") != n.token:
		w.WriteHeader(http.StatusForbidden)
	case r.URL.RawQuery != "dataId=orders.yaml&group=DEFAULT_GROUP"+n.tenant:
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = io.WriteString(w, n.text)
	}
}

func (n *nacos) client(t *testing.T, credentials map[string]string) *Nacos {
	t.Helper()
	bounded(t)
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	settings := Settings{Address: server.URL, Place: Place{Namespace: "public", Group: "DEFAULT_GROUP", DataID: "orders.yaml"}}
	if credentials != nil {
		settings.Credentials = folder(t, credentials)
	}
	return settings.Open()
}

func TestNacosReadsAMapping(t *testing.T) {
	values, err := (&nacos{text: "max-in-flight: 5\nlog-level: debug\n"}).client(t, nil).Load(t.Context())
	if want := map[string]string{"max-in-flight": "5", "log-level": "debug"}; err != nil || !maps.Equal(values, want) {
		t.Errorf("got %v, %v, want %v", values, err, want)
	}
}

func TestNacosLogsInAgainWhenItsTokenHasEnded(t *testing.T) {
	n := &nacos{text: "log-level: debug", password: "s3cret", token: "first"}
	client := n.client(t, map[string]string{"username": "orders", "password": "s3cret\n"})
	for _, token := range []string{"first", "first", "second"} {
		n.token = token
		if values, err := client.Load(t.Context()); err != nil || values["log-level"] != "debug" {
			t.Errorf("%s: got %v, %v", token, values, err)
		}
	}
	if n.logins != 2 {
		t.Errorf("logged in %d times", n.logins)
	}
}

func TestNacosErrorsSayWhatAndNoSecret(t *testing.T) {
	locked := &nacos{password: "s3cret", token: "t"}
	for want, client := range map[string]*Nacos{
		`500: the user "orders" or the password is wrong`: locked.client(t, map[string]string{"username": "orders", "password": "hunter2"}),
		`0: the user "orders" or the password is wrong`:   (&nacos{password: "s3cret", token: "t", second: true}).client(t, map[string]string{"username": "orders", "password": "hunter2"}),
		"there is no file username":                       locked.client(t, nil),
		"orders.yaml is no flat YAML mapping":             (&nacos{text: "- hunter2"}).client(t, nil),
	} {
		if _, err := client.Load(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	absent := (&nacos{}).client(t, nil)
	absent.settings.DataID = "carts.yaml"
	if _, err := absent.Load(t.Context()); err == nil || !strings.Contains(err.Error(), `there is no carts.yaml in group DEFAULT_GROUP of namespace "public"`) {
		t.Errorf("got %v", err)
	}
}

func TestNacosKnowsTheNamespacePublicByNoName(t *testing.T) {
	for namespace, tenant := range map[string]string{"public": "", "": "", "dev": "&tenant=dev"} {
		client := (&nacos{text: "log-level: debug", tenant: tenant}).client(t, nil)
		client.settings.Namespace = namespace
		if values, err := client.Load(t.Context()); err != nil || len(values) != 1 {
			t.Errorf("%q: got %v, %v", namespace, values, err)
		}
	}
}

func TestNacosIsAskedEveryTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := new(Nacos).Wait(t.Context()); err != nil || time.Since(start) != 2*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestThePlaceInNacosIsSetByFlags(t *testing.T) {
	var place Place
	set := flag.NewFlagSet("", flag.ContinueOnError)
	place.flags(set)
	if want := (Place{"public", "DEFAULT_GROUP", "<< cookiecutter.service >>.yaml"}); place != want {
		t.Errorf("got %+v, want %+v", place, want)
	}
	err := set.Parse([]string{"-center-namespace", "dev", "-center-group", "g", "-center-data-id", "d"})
	if want := (Place{"dev", "g", "d"}); err != nil || place != want {
		t.Errorf("got %+v, %v", place, err)
	}
}

func TestWhatNacosAnswersIsSaid(t *testing.T) {
	bounded(t)
	for status, want := range map[int]string{
		http.StatusForbidden: "nacos: 403: the user may not read group DEFAULT_GROUP", http.StatusGone: "nacos: 410: version 1 of its API",
		http.StatusTeapot: "nacos: 418 I'm a teapot", 0: "nacos: EOF",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path != "/nacos/v1/auth/login" && status != 0:
				w.WriteHeader(status)
			case r.URL.Path != "/nacos/v1/auth/login":
				w.WriteHeader(http.StatusForbidden)
			case status == 0:
				panic(http.ErrAbortHandler)
			case r.Header.Get("accessToken") != "" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
				t.Errorf("the login has %v", r.Header)
			default:
				_, _ = io.WriteString(w, `{"accessToken": "t"}`)
			}
		}))
		client := Settings{Address: server.URL, Place: Place{Group: "DEFAULT_GROUP"}, Credentials: folder(t, map[string]string{"username": "orders"})}.Open()
		for range 2 { // the second time with a token
			if _, err := client.Load(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%d: got %v", status, err)
			}
		}
		server.Close()
	}
}

func TestWhatKeepsNacosFromBeingAsked(t *testing.T) {
	bounded(t)
	locked := (&nacos{password: "s3cret", token: "t"}).client(t, map[string]string{})
	if err := os.Mkdir(filepath.Join(string(locked.settings.Credentials), "username"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := locked.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("got %v", err)
	}
	if _, err := (Settings{Address: "http://a b"}).Open().Load(t.Context()); err == nil || !strings.Contains(err.Error(), "invalid character") {
		t.Errorf("got %v", err)
	}
}
