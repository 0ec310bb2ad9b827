package center

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// apollo answers from handlers by path, and has the client for it.
func apollo(t *testing.T, settings Settings, handlers map[string]http.HandlerFunc) *Apollo {
	t.Helper()
	mux := http.NewServeMux()
	for path, handler := range handlers {
		mux.HandleFunc(path, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	settings.Address = server.URL
	if settings.Place == (Place{}) {
		settings.Place = Place{AppID: "orders", Cluster: "default", Namespaces: "application"}
	}
	return settings.Open()
}

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, text) }
}

func TestApolloReadsNamespacesTheFirstWins(t *testing.T) {
	a := apollo(t, Settings{Place: Place{AppID: "orders", Cluster: "east", Namespaces: "application,shared.yaml"}}, map[string]http.HandlerFunc{
		"/configs/orders/east/application": answer(`{"configurations": {"max-in-flight": "5"}, "releaseKey": "a"}`),
		"/configs/orders/east/shared.yaml": answer(`{"configurations": {"content": "max-in-flight: 6\nlog-level: debug"}, "releaseKey": "b"}`),
	})
	values, err := a.Load(t.Context())
	if want := map[string]string{"max-in-flight": "5", "log-level": "debug"}; err != nil || !maps.Equal(values, want) {
		t.Errorf("got %v, %v, want %v", values, err, want)
	}
}

func TestApolloIsAskedAsThisInstanceAndAnswersOnlyWhatIsNew(t *testing.T) {
	asked := 0
	place := Place{AppID: "orders", Cluster: "default", Namespaces: "application", IP: "fd00::7", Label: "canary"}
	a := apollo(t, Settings{Place: place}, map[string]http.HandlerFunc{
		"/configs/orders/default/application": func(w http.ResponseWriter, r *http.Request) {
			asked++
			query := r.URL.Query()
			if query.Get("ip") != "fd00::7" || query.Get("label") != "canary" {
				t.Errorf("asked with %v", query)
			}
			if query.Get("releaseKey") == "a" {
				if query.Get("messages") != `{"details":{"x":7}}` {
					t.Errorf("the message is not passed on: %v", query)
				}
				w.WriteHeader(http.StatusNotModified)
				return
			}
			answer(`{"configurations": {"log-level": "debug"}, "releaseKey": "a"}`)(w, r)
		},
		"/notifications/v2": func(w http.ResponseWriter, r *http.Request) {
			if got := r.URL.Query().Get("notifications"); got != `[{"namespaceName":"application","notificationId":-1}]` {
				t.Errorf("asked for %s", got)
			}
			answer(`[{"namespaceName": "application", "notificationId": 7, "messages": {"details":{"x":7}}}]`)(w, r)
		},
	})
	if _, err := a.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	values, err := a.Load(t.Context())
	if err != nil || values["log-level"] != "debug" || asked != 2 {
		t.Errorf("got %v, %v after %d questions", values, err, asked)
	}
	if a.releases["application"].notification != 7 {
		t.Errorf("the next question starts at %d", a.releases["application"].notification)
	}
}

func TestApolloWaitsUntilItIsTold(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"a change":  answer(`[{"namespaceName": "application", "notificationId": 7}]`),
		"no change": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
	} {
		if err := apollo(t, Settings{}, map[string]http.HandlerFunc{"/notifications/v2": handler}).Wait(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApolloSignature(t *testing.T) {
	a := apollo(t, Settings{Credentials: folder(t, map[string]string{"secret": "s3cret"})}, map[string]http.HandlerFunc{
		"/configs/orders/default/application": func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.Header.Get("Authorization"), "Apollo orders:") || len(r.Header.Get("Timestamp")) != 13 {
				t.Errorf("got %v", r.Header)
			}
			w.WriteHeader(http.StatusUnauthorized)
		},
	})
	if _, err := a.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "the access key is wrong or missing") {
		t.Errorf("got %v", err)
	}
}

func TestApolloErrorsSayWhatAndNoValue(t *testing.T) {
	for want, text := range map[string]string{
		"no flat YAML mapping": `{"configurations": {"content": "- hunter2"}}`,
		"not the JSON":         `hunter2`,
	} {
		place := Place{AppID: "orders", Cluster: "default", Namespaces: "a.yaml"}
		a := apollo(t, Settings{Place: place}, map[string]http.HandlerFunc{"/configs/orders/default/a.yaml": answer(text)})
		if _, err := a.Load(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	a := apollo(t, Settings{}, nil)
	if _, err := a.Load(t.Context()); err == nil || err.Error() != "apollo: namespace application: 404 Not Found" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if err := a.Wait(ctx); err == nil || strings.Contains(err.Error(), "notificationId") {
		t.Errorf("got %v", err)
	}
}
