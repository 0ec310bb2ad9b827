package center

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"<< cookiecutter.module >>/internal/memory"
)

// web is an HTTP client that trusts what the credentials say. After a failure it reads the certificates anew.
type web struct {
	credentials Credentials
	client      *http.Client
	servers     []string
	server      int // that answered last
}

// from asks the servers, the one that answered last first, until one answers and has no failure of its own.
func (w *web) from(ask func(server string) (status int, err error)) (status int, err error) {
	for range w.servers {
		if status, err = ask(w.servers[w.server]); err == nil && status < http.StatusInternalServerError {
			break
		}
		w.server = (w.server + 1) % len(w.servers)
	}
	return status, err
}

func (w *web) open() error {
	secured, err := w.credentials.tls()
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = secured
	w.client = &http.Client{Transport: transport}
	return nil
}

// get sends a request and returns what is answered. No error names the query.
func (w *web) get(req *http.Request) (text []byte, status int, err error) {
	if w.client == nil {
		if err := w.open(); err != nil {
			return nil, 0, err
		}
	}
	res, err := w.client.Do(req)
	if err != nil {
		w.client.CloseIdleConnections()
		w.client = nil
		return nil, 0, errors.Unwrap(err) // the outer one has the whole address
	}
	defer func() { _ = res.Body.Close() }()
	largest := memory.Settings()                                // which is not the centre's to fill
	text, err = io.ReadAll(io.LimitReader(res.Body, largest+1)) // to the end, so that the connection is kept
	if err == nil && int64(len(text)) > largest {
		err = fmt.Errorf("the answer is over the %d KiB that there is memory for", largest/1024)
	}
	return text, res.StatusCode, err
}
