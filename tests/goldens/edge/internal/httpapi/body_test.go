package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/orders/internal/memory"
)

func TestBodiesAreHeldOnlyAsFarAsThereIsMemory(t *testing.T) {
	memory.SetLimit(1)
	defer memory.SetLimit(0)
	most := int(memory.Bodies())
	api := wrap(t, "-max-body-bytes", "10000000", "-max-in-flight", "4")
	var meanwhile func()
	api.mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			status, detail := refusal(err)
			writeProblem(w, status, detail)
			return
		}
		meanwhile()
	})
	meanwhile = func() {
		meanwhile = func() {}
		if rec := send(api, http.MethodPost, "/", strings.Repeat(" ", most/2)); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
			t.Errorf("beside half and a bit, half got %d", rec.Code)
		}
		if rec := send(api, http.MethodPost, "/", strings.Repeat(" ", most/4)); rec.Code != http.StatusOK {
			t.Errorf("beside half and a bit, a quarter got %d", rec.Code)
		}
	}
	for _, size := range []int{most/2 + 1, most} { // the first gives back what it took
		if rec := send(api, http.MethodPost, "/", strings.Repeat(" ", size)); rec.Code != http.StatusOK {
			t.Errorf("%d bytes alone got %d", size, rec.Code)
		}
	}
	api.measures(t, "http_server_shed_requests_total 1\n")
}

func TestNoMoreValuesAreDecodedThanAHandlerCouldWant(t *testing.T) {
	for _, value := range []string{"{}", "[]", "null"} {
		body := "[" + strings.Repeat(value+",", maxValues) + value + "]"
		var into []any
		if err := decode(httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), &into); !errors.Is(err, errValues) {
			t.Errorf("%s: decoded %d, %v", value, len(into), err)
		}
		if status, _ := refusal(errValues); status != http.StatusRequestEntityTooLarge {
			t.Errorf("answered %d", status)
		}
	}
}
