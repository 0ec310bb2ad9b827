package httpapi

import (
	"net/http"

	"<< cookiecutter.module >>/internal/deps"
)

// Routes is the whole API at a glance. This file is yours: no update touches it.
<% if cookiecutter.eventing == "none" %>
func Routes(d *deps.Deps) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	mux.Handle("POST /v1/quotes", createQuote(d))
	return mux
}
<% else %>
// Events are taken beside it.
func Routes(*deps.Deps) *http.ServeMux {
	return http.NewServeMux()
}
<% endif %>
