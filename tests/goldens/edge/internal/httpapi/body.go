package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"

	"example.com/orders/internal/memory"
	"example.com/orders/internal/telemetry"
)

// maxValues of JSON are decoded of a body: {}, has three bytes, and many times that once it is a line of something.
const maxValues = 10_000

// Why a body is not read.
var (
	errValues = errors.New("the body has more than 10000 values")
	errMedia  = errors.New("want application/json")
	errBusy   = errors.New("too many requests in flight")
)

// reader reads as the function does.
type reader func([]byte) (int, error)

func (r reader) Read(data []byte) (int, error) { return r(data) }

// counted reads JSON until it has too many values.
func counted(body io.Reader) io.Reader {
	values := 0
	return reader(func(data []byte) (int, error) {
		n, err := body.Read(data)
		values += bytes.Count(data[:n], []byte(",")) + bytes.Count(data[:n], []byte("{")) + bytes.Count(data[:n], []byte("["))
		if values > maxValues {
			return 0, errValues
		}
		return n, err
	})
}

// admit holds as many bytes of all bodies as there is memory for. They count as they come, not as they are announced.
func admit(next http.Handler, metrics *telemetry.Metrics) http.Handler {
	var held atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, taken := r.Body, int64(0)
		defer func() { held.Add(-taken) }()
		r.Body = struct {
			io.Reader
			io.Closer
		}{reader(func(data []byte) (int, error) {
			n, err := body.Read(data)
			taken += int64(n)
			if held.Add(int64(n)) > memory.Bodies() {
				metrics.Shed.Inc()
				return 0, errBusy
			}
			return n, err
		}), body}
		next.ServeHTTP(w, r)
	})
}
