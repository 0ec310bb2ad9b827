package httpapi

import (
	"net/http"

	"example.com/orders/internal/config"
)

// Routes is the API without its middleware.
func Routes(cfg config.Config) http.Handler { return routes(cfg) }
