package deps

import "example.com/orders/internal/config"

// Core is what the handlers of the example ask for, and nothing that links a library.
type Core struct {
	Settings func() *config.Config
}
