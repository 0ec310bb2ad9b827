// Package center is the client of the config centre. It knows no key of the service but its own.
package center

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Settings say where the centre is, what is asked of it, and as whom.
type Settings struct {
	Place
	Address     string        // empty for no centre
	Credentials Credentials   // empty for none
	Timeout     time.Duration // of one question
}

// Flags names the keys, which the centre itself cannot set.
func (s *Settings) Flags(set *flag.FlagSet) {
	set.StringVar(&s.Address, "center-address", "", "`address` of the config centre, host and port or a URL, several with commas; empty for none")
	set.StringVar((*string)(&s.Credentials), "center-credentials", "", "`folder` with the credentials, as a Secret is mounted")
	set.DurationVar(&s.Timeout, "center-timeout", << cookiecutter.__center_timeout >>*time.Second, "longest wait for the centre's answer, at start too")
	s.flags(set)
}

// CheckAddress says in one sentence what is wrong with it.
func (s *Settings) CheckAddress() error {
	for _, server := range s.servers() {
		at, err := url.Parse(server)
		switch {
		case err == nil && at.User != nil: // not shown: there may be a password
			return errors.New("center-address has a user in it, who belongs into center-credentials")
		case err != nil || at.Hostname() == "" || at.Host[len(at.Host)-1] == ':' || at.RawQuery+at.Fragment != "" || at.Scheme != "http" && at.Scheme != "https":
			return fmt.Errorf("center-address: %q is neither host and port, such as << cookiecutter.config_center >>:%s, nor an http or https URL", server, port)
		}
	}
	return nil
}

const port = "<< cookiecutter.__center_port >>" // where the centre listens by default

// servers returns the URL of each server: http where none is named, and the port as clients of the centre take it.
func (s *Settings) servers() []string {
	var found []string
	for server := range strings.SplitSeq(s.Address, ",") {
		server = strings.TrimSuffix(strings.TrimSpace(server), "/")
		if !strings.Contains(server, "://") {
			if _, _, err := net.SplitHostPort(server); err != nil {
				server = strings.Trim(server, "[]")
				server = net.JoinHostPort(server, port)
			}
			server = "http://" + server
		}
		found = append(found, server)
	}
	return found
}

// Credentials is a folder of small files. They are read at each login, so that a changed Secret is found.
type Credentials string

// read returns what stands in a file, or nothing where there is no such file.
func (c Credentials) read(name string) (string, error) {
	if c == "" {
		return "", nil
	}
	data, err := fs.ReadFile(os.DirFS(string(c)), name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(data)), err
}

// tls trusts ca.crt, else the system's roots, and shows tls.crt with tls.key where they are there.
func (c Credentials) tls() (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	authority, err := c.read("ca.crt")
	if err != nil {
		return nil, err
	}
	if authority != "" {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM([]byte(authority)) {
			return nil, fmt.Errorf("%s/ca.crt holds no certificate", c)
		}
	}
	certificate, err := c.read("tls.crt")
	if err != nil || certificate == "" {
		return settings, err
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(string(c), "tls.crt"), filepath.Join(string(c), "tls.key"))
	settings.Certificates = []tls.Certificate{pair}
	return settings, err
}
