// Built into the service by a test, never shipped: handlers that wait.

package httpapi

import "net/http"

func addFaults(mux *http.ServeMux) {
	// For a dependency that does not answer, as one should: no longer than the request's context allows.
	mux.HandleFunc("/v1/slow", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		writeProblem(w, http.StatusGatewayTimeout, "the dependency is slow")
	})
	// For ever, as in a deadlock.
	mux.HandleFunc("/v1/hang", func(http.ResponseWriter, *http.Request) { select {} })
}
