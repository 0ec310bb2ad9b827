// Package httpapi is the service's API over HTTP.
package httpapi

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"example.com/orders/internal/config"
	"example.com/orders/internal/telemetry"
)

// New returns the API inside its middleware, the innermost first.
func New(cfg config.Config, log *slog.Logger, metrics *telemetry.Metrics) http.Handler {
	handler := routes(cfg)
	handler = deadline(handler, cfg.RequestTimeout)
	handler = shed(handler, cfg.MaxInFlight, metrics)
	handler = recoverPanics(handler, log, metrics)
	handler = observe(handler, log, metrics)
	handler = limitBody(handler, cfg.MaxBodyBytes)
	return handler
}

// routes is the whole API at a glance.
func routes(cfg config.Config) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/quotes", createQuote(cfg.QuoteMaxLines))
	return mux
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the caller has gone
}

// problem is an error for the caller, as RFC 9457 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{http.StatusText(status), status, detail})
}
