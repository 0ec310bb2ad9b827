// Intranet is what a closed network has beside its registry: a server of names, a proxy of Go modules that wants a
// password, a database of their sums, and a git server with private modules. Each has an address of its own.
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/net/dns/dnsmessage"
)

const (
	authority = "corp.test"
	goProxy   = "goproxy." + authority
	sums      = "sum." + authority
	gitServer = "git." + authority
	harbor    = "harbor." + authority
)

// addresses are all names that there are.
var addresses = map[string][4]byte{
	harbor: {127, 0, 0, 2}, goProxy: {127, 0, 0, 3}, sums: {127, 0, 0, 4}, gitServer: {127, 0, 0, 5},
}

func main() {
	modules := flag.String("modules", "", "folder that the module proxy serves: the downloads of a module cache")
	repositories := flag.String("repositories", "", "folder of bare git repositories")
	secret := flag.String("secret", "", "login:password, which the module proxy and the git server want")
	certificate := flag.String("certificate", "", "certificate of all servers, with its key beside it as NAME.key")
	asked := flag.String("asked", "", "file to which each name that is looked up is added")
	names := flag.String("names", "", "address of the server of names")
	key := flag.String("key", "", "file for the name and key of the checksum database")
	flag.Parse()

	record, err := os.OpenFile(*asked, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	packets, err := net.ListenPacket("udp", net.JoinHostPort(*names, "53"))
	check(err)
	database, verifier, err := checksums(*modules)
	check(err)
	for name, handler := range map[string]http.Handler{
		goProxy:   known(*secret, http.FileServer(http.Dir(*modules))),
		sums:      database,
		gitServer: known(*secret, private(*repositories)),
	} {
		go serve(name, handler, *certificate)
	}
	check(os.WriteFile(*key, []byte(verifier), 0o600))
	answer(packets, record)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func serve(name string, handler http.Handler, certificate string) {
	address := addresses[name]
	check(http.ListenAndServeTLS(net.IP(address[:]).String()+":443", certificate, certificate+".key", handler))
}

// known serves who says login and password, and nobody else.
func known(secret string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if login, password, _ := r.BasicAuth(); login+":"+password != secret {
			w.Header().Set("WWW-Authenticate", `Basic realm="corp"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// private serves repositories by git's own protocol, and says where a module lies as GitLab does.
func private(repositories string) http.Handler {
	git := &cgi.Handler{
		Path: "/usr/lib/git-core/git-http-backend",
		Env:  []string{"GIT_PROJECT_ROOT=" + repositories, "GIT_HTTP_EXPORT_ALL=1"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("go-get") != "1" {
			git.ServeHTTP(w, r)
			return
		}
		path := r.Host + r.URL.Path
		fmt.Fprintf(w, `<html><head><meta name="go-import" content="%s git https://%s.git"></head></html>`, path, path)
	})
}

// checksums is a database that vouches for the modules in a folder of downloads, and its name with its key.
func checksums(modules string) (http.Handler, string, error) {
	signer, verifier, err := note.GenerateKey(rand.Reader, sums)
	if err != nil {
		return nil, "", err
	}
	sum := func(path, version string) ([]byte, error) { return sumsOf(modules, path, version) }
	return sumdb.NewServer(sumdb.NewTestServer(signer, sum)), verifier, nil
}

// sumsOf returns the lines of go.sum for a version of a module.
func sumsOf(modules, path, version string) ([]byte, error) {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return nil, err
	}
	below := filepath.Join(modules, filepath.FromSlash(escaped), "@v", version)
	var lines strings.Builder
	if whole, err := os.ReadFile(below + ".ziphash"); err == nil {
		fmt.Fprintf(&lines, "%s %s %s\n", path, version, strings.TrimSpace(string(whole)))
	}
	open := func(string) (io.ReadCloser, error) { return os.Open(below + ".mod") }
	if own, err := dirhash.Hash1([]string{"go.mod"}, open); err == nil {
		fmt.Fprintf(&lines, "%s %s/go.mod %s\n", path, version, own)
	}
	if lines.Len() == 0 {
		return nil, fmt.Errorf("%s@%s: %w", path, version, os.ErrNotExist)
	}
	return []byte(lines.String()), nil
}

// answer answers those names that there are, and records all.
func answer(packets net.PacketConn, record *os.File) {
	buffer := make([]byte, 512)
	for {
		length, from, err := packets.ReadFrom(buffer)
		check(err)
		var asked dnsmessage.Message
		if asked.Unpack(buffer[:length]) != nil || len(asked.Questions) != 1 {
			continue
		}
		name := strings.ToLower(strings.TrimSuffix(asked.Questions[0].Name.String(), "."))
		_, err = fmt.Fprintln(record, name)
		check(err)
		said, err := reply(asked, name)
		check(err)
		_, _ = packets.WriteTo(said, from)
	}
}

func reply(asked dnsmessage.Message, name string) ([]byte, error) {
	question := asked.Questions[0]
	said := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: asked.ID, Response: true, Authoritative: true, RecursionDesired: asked.RecursionDesired},
		Questions: asked.Questions,
	}
	address, found := addresses[name]
	switch {
	case !found:
		said.RCode = dnsmessage.RCodeNameError
	case question.Type == dnsmessage.TypeA:
		head := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 1}
		said.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: address}}}
	}
	return said.Pack()
}
