package center

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes the files of a Secret.
func folder(t *testing.T, files map[string]string) Credentials {
	t.Helper()
	place := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(place, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Credentials(place)
}

func TestCredentials(t *testing.T) {
	credentials := folder(t, map[string]string{"username": "orders\n"})
	if name, err := credentials.read("username"); name != "orders" || err != nil {
		t.Errorf("got %q, %v", name, err)
	}
	if password, err := credentials.read("password"); password != "" || err != nil {
		t.Errorf("got %q, %v", password, err)
	}
	if settings, err := credentials.tls(); err != nil || settings.RootCAs != nil || settings.Certificates != nil {
		t.Errorf("got %+v, %v", settings, err)
	}
	for name, want := range map[string]string{"ca.crt": "ca.crt holds no certificate", "tls.crt": "tls.key: no such file"} {
		if _, err := folder(t, map[string]string{name: "nonsense"}).tls(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAddressesAreUnderstoodOrRefused(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:1234":           "http://127.0.0.1:1234",
		"centre":                   "http://centre:" + port,
		"::1":                      "http://[::1]:" + port,
		"[::1]:1234":               "http://[::1]:1234",
		"https://centre/":          "https://centre",
		" a:1, b:2 ,http://c:3/d/": "http://a:1 http://b:2 http://c:3/d",
		"a:1,":                     "",
		"a:1,grpc://b:2":           "",
		"a:one":                    "",
		"a:":                       "",
		":8848":                    "",
		"http:/a:1":                "",
		"http://a:1?b=c":           "",
		"http://me:hunter2@a:1":    "",
		"a b:1":                    "",
	} {
		settings := &Settings{Address: address}
		err := settings.CheckAddress()
		if got := strings.Join(settings.servers(), " "); want != "" && (err != nil || got != want) {
			t.Errorf("%q: got %s, %v", address, got, err)
		}
		if want == "" && (err == nil || !strings.Contains(err.Error(), "center-address") || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

// certified is a server that wants to see a certificate, and the files that let a client in.
func certified(t *testing.T) (address string, files map[string]string) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	certificate := text("CERTIFICATE", server.Certificate().Raw)
	return server.URL, map[string]string{"ca.crt": certificate, "tls.crt": certificate, "tls.key": text("PRIVATE KEY", key)}
}

func TestTLSTrustsTheAuthorityAndShowsTheCertificate(t *testing.T) {
	address, files := certified(t)
	for name, test := range map[string]struct{ without, want string }{
		"all of them":    {"", ""},
		"no authority":   {"ca.crt", "signed by unknown authority"},
		"no certificate": {"tls.crt", "certificate required"},
	} {
		t.Run(name, func(t *testing.T) {
			given := map[string]string{}
			for file, text := range files {
				if file != test.without {
					given[file] = text
				}
			}
			settings, err := folder(t, given).tls()
			if err != nil {
				t.Fatal(err)
			}
			client := http.Client{Transport: &http.Transport{TLSClientConfig: settings}}
			res, err := client.Get(address)
			if err == nil {
				_ = res.Body.Close()
			}
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
