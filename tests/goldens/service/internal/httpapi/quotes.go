package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"example.com/orders/internal/quote"
)

// createQuote prices the basket in the body.
func createQuote(maxLines int) http.HandlerFunc {
	type request struct {
		Lines []quote.Line `json:"lines"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		var req request
		if status, err := decode(r.Body, &req); err != nil {
			writeProblem(w, status, err.Error())
			return
		}
		priced, err := quote.Price(req.Lines, maxLines)
		if err != nil {
			writeProblem(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		writeJSON(w, http.StatusOK, priced)
	}
}

// decode reads exactly one JSON value with known fields, or says with which status to refuse it.
func decode(body io.Reader, into any) (int, error) {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, extra := decoder.Token(); !errors.Is(extra, io.EOF) {
			err = errors.New("more than one JSON value")
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, err
	}
	return http.StatusBadRequest, err
}
