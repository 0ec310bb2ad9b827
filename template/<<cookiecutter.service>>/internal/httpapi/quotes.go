package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"<< cookiecutter.module >>/internal/quote"
)

// createQuote prices the basket in the body.
func createQuote(maxLines int) http.HandlerFunc {
	type request struct {
		Lines []quote.Line `json:"lines"`
	}
	return func(w http.ResponseWriter, r *http.Request) {
		var req request
		if err := decode(r.Body, &req); err != nil {
			status, detail := refusal(err)
			writeProblem(w, status, detail)
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

// decode reads exactly one JSON value with known fields.
func decode(body io.Reader, into any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	_, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("more than one JSON value")
	}
	return err
}

// refusal says with which status and words a body is refused.
func refusal(err error) (status int, detail string) {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is over %d bytes", large.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return http.StatusRequestTimeout, "the body took too long"
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return http.StatusBadRequest, fmt.Sprintf("%s: want %s, got %s", wrong.Field, wrong.Type.Kind(), wrong.Value)
	}
	if errors.Is(err, io.EOF) {
		return http.StatusBadRequest, "the body is empty"
	}
	return http.StatusBadRequest, err.Error()
}
