package httpapi

import (
	"net/http"

	"example.com/orders/internal/deps"
)

// Routes is the whole API at a glance. This file is yours: no update touches it.
func Routes(d *deps.Deps) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	mux.Handle("POST /v1/quotes", createQuote(d))
	return mux
}
