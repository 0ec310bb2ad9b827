// Command rebuild is a small HTTP server: it is only ever built, with its greeting changed each time.
package main

import (
	"io"
	"log"
	"net/http"
)

const greeting = "hello"

func main() {
	http.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, greeting)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
