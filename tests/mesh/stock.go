package httpapi

import (
	"net/http"
	"os"
	"time"
)

// addStock adds a route that fails as the file says that STOCK_FAULT names.
func addStock(mux *http.ServeMux) {
	answer := func(w http.ResponseWriter, _ *http.Request) {
		fault, _ := os.ReadFile(os.Getenv("STOCK_FAULT"))
		switch string(fault) {
		case "503":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "slow":
			time.Sleep(3 * time.Second)
		}
	}
	mux.HandleFunc("GET /v1/stock", answer)
	mux.HandleFunc("POST /v1/stock", answer)
}
