package center

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func consul(t *testing.T, text string) *Consul {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/v1/kv/orders/settings":
			w.WriteHeader(http.StatusNotFound)
		case r.Header.Get("X-Consul-Token") != "s3cret":
			w.WriteHeader(http.StatusForbidden)
		default:
			_, _ = fmt.Fprintf(w, `[{"Value": %q, "ModifyIndex": 7}]`, base64.StdEncoding.EncodeToString([]byte(text)))
		}
	}))
	t.Cleanup(server.Close)
	credentials := folder(t, map[string]string{"token": "s3cret\n"})
	return Settings{Address: server.URL, Credentials: credentials, Place: Place{Key: "orders/settings"}}.Open()
}

func TestConsulReadsAMapping(t *testing.T) {
	client := consul(t, "quote-max-lines: 5\nlog-level: debug\n")
	values, err := client.Load(t.Context())
	if want := map[string]string{"quote-max-lines": "5", "log-level": "debug"}; err != nil || !maps.Equal(values, want) {
		t.Errorf("got %v, %v, want %v", values, err, want)
	}
	if err := client.Wait(t.Context()); err != nil || client.index != 7 {
		t.Errorf("got %v, index %d", err, client.index)
	}
}

func TestConsulErrorsSayWhatAndNoSecret(t *testing.T) {
	absent, stranger := consul(t, ""), consul(t, "")
	absent.settings.Key, stranger.settings.Credentials = "carts/settings", ""
	for want, client := range map[string]*Consul{
		"consul: 404 Not Found":                   absent,
		"consul: 403 Forbidden":                   stranger,
		"orders/settings is no flat YAML mapping": consul(t, "- hunter2"),
	} {
		if _, err := client.Load(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
