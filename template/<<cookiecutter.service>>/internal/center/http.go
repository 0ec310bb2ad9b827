package center

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// largest answer that is read, in bytes; the service's memory is not the centre's to fill.
const largest = 1024 * 1024

// httpClient returns a client that trusts what the credentials say.
func (s Settings) httpClient() (*http.Client, error) {
	secured, err := s.Credentials.tls()
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = secured
	return &http.Client{Transport: transport}, nil
}

// getJSON sends a request and decodes the answer where its status is 200. No error names the query.
func getJSON(client *http.Client, req *http.Request, into any) (status int, err error) {
	res, err := client.Do(req)
	if err != nil {
		return 0, errors.Unwrap(err) // the outer one has the whole address
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, largest)) // to the end, so that the connection is kept
	if err != nil || res.StatusCode != http.StatusOK {
		return res.StatusCode, err
	}
	if json.Unmarshal(text, into) != nil { // its error could show values
		return 0, errors.New("the answer is not the JSON that was expected, or over a megabyte")
	}
	return res.StatusCode, nil
}
