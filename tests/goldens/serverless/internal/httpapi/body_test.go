package httpapi

import (
	"io"
	"net/http"
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
		for size, status := range map[int]int{most / 2: http.StatusServiceUnavailable, most / 4: http.StatusOK} {
			if rec := send(api, http.MethodPost, "/", strings.Repeat(" ", size)); rec.Code != status || (status == http.StatusOK) != (rec.Header().Get("Retry-After") == "") {
				t.Errorf("beside half and a bit, %d of %d bytes got %d", size, most, rec.Code)
			}
		}
	}
	for _, size := range []int{most/2 + 1, most} { // the first gives back what it took
		if rec := send(api, http.MethodPost, "/", strings.Repeat(" ", size)); rec.Code != http.StatusOK {
			t.Errorf("%d bytes alone got %d", size, rec.Code)
		}
	}
	if rec := send(api, http.MethodPost, "/", strings.Repeat(" ", most+1)); rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("what there is never memory for got %d", rec.Code)
	}
	api.measures(t, "http_server_shed_requests_total 1\n")
}

func TestAValueCountsAsMoreThanItsBytes(t *testing.T) {
	memory.SetLimit(1)
	defer memory.SetLimit(0)
	api := wrap(t, "-max-body-bytes", "10000000")
	for value, counts := range map[string]int{"{}": 2, "[]": 2, "null": 1} {
		most := int(memory.Bodies()) / (len(value) + 1 + counts*valueBytes)
		for many, status := range map[int]int{most - 2: http.StatusBadRequest, most: http.StatusRequestEntityTooLarge} {
			if rec := send(api, http.MethodPost, "/orders", "["+strings.Repeat(value+",", many)+value+"]"); rec.Code != status {
				t.Errorf("%d of %s got %d %s", many, value, rec.Code, rec.Body)
			}
		}
	}
}
