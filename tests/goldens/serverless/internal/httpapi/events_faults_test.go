package httpapi

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatIsWrongWithAnEventIsSaidOnce(t *testing.T) {
	api, _ := newAPI(t)
	for want, headers := range map[string][]string{
		`and not \"text/plain\"`: {"Content-Type", "text/plain"}, "Ce-Id: invalid URL escape": {"Ce-Id", "%"}, "is not upload.created": {"Ce-Type", "x"},
	} {
		if rec := serve(api, told(upload, headers...)); !strings.Contains(rec.Body.String(), want) || strings.Count(rec.Body.String(), "\n") != 1 {
			t.Errorf("got %s, want %s", rec.Body, want)
		}
	}
	if rec := serve(api, told(`{"data_base64":"?"}`, "Content-Type", "application/cloudevents+json")); !strings.Contains(rec.Body.String(), "data_base64: illegal base64") {
		t.Errorf("got %s", rec.Body)
	}
}

func TestOnlyWhatNoneKnowsIsAnExtension(t *testing.T) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(`{"specversion":"1.0","id":"1","source":"/","type":"t","time":"now","sequence":5,"data":{}}`))
	r.Header.Set("Content-Type", "application/cloudevents+json")
	event, err := structured(r)
	if got := fmt.Sprint(event.Extensions); err != nil || got != "map[sequence:5]" {
		t.Errorf("got %s, %v", got, err)
	}
}
