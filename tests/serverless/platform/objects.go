package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// objects are an S3 API without buckets, rights and a disk, for loads that are to weigh the function and nothing else.
type objects struct {
	mu      sync.Mutex
	byPath  map[string][]byte
	refused int // writes of what was there
}

// serve answers until it is killed: objects by GET and PUT, which a write with If-None-Match does not replace, and
// under /counts how many there are in each bucket's top folder.
func serve(port int) error {
	o := &objects{byPath: map[string][]byte{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /counts", o.counts)
	mux.HandleFunc("GET /", o.get)
	mux.HandleFunc("PUT /", o.put)
	return http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", port), mux)
}

func (o *objects) get(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	content, found := o.byPath[r.URL.Path]
	o.mu.Unlock()
	if !found {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	_, _ = w.Write(content)
}

func (o *objects) put(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, found := o.byPath[r.URL.Path]; found && r.Header.Get("If-None-Match") == "*" {
		o.refused++
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	o.byPath[r.URL.Path] = content
}

func (o *objects) counts(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	results := 0
	for path := range o.byPath {
		if strings.HasPrefix(path, "/results/results/") {
			results++
		}
	}
	fmt.Fprintf(w, `{"results": %d, "objects": %d, "refused": %d}`, results, len(o.byPath), o.refused)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}{Code: code})
}
