package center

import (
	"encoding/json"
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

// getJSON sends a request and decodes the answer where its status is 200. No error names the query.
func (w *web) getJSON(req *http.Request, into any) (status int, err error) {
	if w.client == nil {
		if err := w.open(); err != nil {
			return 0, err
		}
	}
	res, err := w.client.Do(req)
	if err != nil {
		w.client.CloseIdleConnections()
		w.client = nil
		return 0, errors.Unwrap(err) // the outer one has the whole address
	}
	defer func() { _ = res.Body.Close() }()
	largest := memory.Settings()                               // which is not the centre's to fill
	text, err := io.ReadAll(io.LimitReader(res.Body, largest)) // to the end, so that the connection is kept
	if err != nil || res.StatusCode != http.StatusOK {
		return res.StatusCode, err
	}
	if json.Unmarshal(text, into) != nil { // its error could show values
		return 0, fmt.Errorf("the answer is not the JSON that was expected, or over the %d KiB that there is memory for", largest/1024)
	}
	return res.StatusCode, nil
}
