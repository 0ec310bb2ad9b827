// Package deps has what handlers work with. This file is yours: no update touches it.
package deps

import "context"

// Deps is what each handler is given: the template's part, and yours.
type Deps struct {
	Core
}

// Open opens them, at the start of the service. It need not reach them: a service that starts only while its database
// answers does not start on the night when it is needed.
func Open(_ context.Context, core Core) (*Deps, error) { return &Deps{core}, nil }

// Close closes them, once the last request has ended, or where the start failed after all.
func (d *Deps) Close(context.Context) error { return nil }

// Ready holds readiness back with an error. It has none: what all replicas share would take all of them out of the
// Service at once. For what each has of its own, such as a cache to be filled, say here whether it is there.
func (d *Deps) Ready(context.Context) error { return nil }
