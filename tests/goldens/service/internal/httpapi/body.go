package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync/atomic"

	"example.com/orders/internal/memory"
	"example.com/orders/internal/telemetry"
)

// valueBytes is what a value of JSON counts beside its own: {}, has three, and many times that as a line of something.
const valueBytes = 16

// Why a body is not read.
var (
	errLarge = errors.New("the body is more than there is memory for")
	errMedia = errors.New("want application/json")
	errBusy  = errors.New("too many requests in flight")
)

// media returns what a body says it is, where that is JSON, which no form of another site can send. One that says nothing
// may be anything (RFC 9110, 8.3), and comes from other sites too: nobody guesses.
func media(r *http.Request) (string, error) {
	said := strings.Join(r.Header.Values("Content-Type"), ", ")
	kind, _, err := mime.ParseMediaType(said)
	if structured, _ := path.Match("*/*+json", kind); err != nil || kind != "application/json" && !structured {
		return "", fmt.Errorf("%w, and not %.80q", errMedia, said)
	}
	return kind, nil
}

// admitted is a body that is read by a function.
type admitted struct {
	io.Closer
	read func([]byte) (int, error)
}

func (a admitted) Read(data []byte) (int, error) { return a.read(data) }

// admit holds as much of all bodies as there is memory for. It counts as they come, and not as they are announced.
func admit(next http.Handler, metrics *telemetry.Metrics) http.Handler {
	var held atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, taken := r.Body, int64(0)
		defer func() { held.Add(-taken) }()
		r.Body = admitted{body, func(data []byte) (int, error) {
			n, err := body.Read(data)
			values := bytes.Count(data[:n], []byte(",")) + bytes.Count(data[:n], []byte("{")) + bytes.Count(data[:n], []byte("["))
			size := int64(n + valueBytes*values)
			taken += size
			switch all := held.Add(size); {
			case taken > memory.Bodies():
				return 0, errLarge
			case all > memory.Bodies():
				metrics.Shed.Inc()
				return 0, errBusy
			}
			return n, err
		}}
		next.ServeHTTP(w, r)
	})
}
