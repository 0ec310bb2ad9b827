// Package health answers the three probes, each about something else:
//
//   - /startupz: boot has finished. Until then nothing else is asked.
//   - /readyz: send requests here. It is off during boot and from the first moment of a shutdown.
//   - /livez: the process itself runs. It looks at no dependency: restarting every replica does
//     not make a slow database faster.
package health

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Probes is the state that the probes report. The zero value is a service that is booting.
type Probes struct {
	started, ready atomic.Bool
}

// Start marks the end of boot: started for good, and ready.
func (p *Probes) Start() {
	p.started.Store(true)
	p.ready.Store(true)
}

// Stop takes readiness away; the process stays alive.
func (p *Probes) Stop() { p.ready.Store(false) }

// Ready reports whether requests should be sent here.
func (p *Probes) Ready() bool { return p.ready.Load() }

// Register adds the three paths.
func (p *Probes) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /startupz", answer(p.started.Load))
	mux.HandleFunc("GET /readyz", answer(p.Ready))
	mux.HandleFunc("GET /livez", answer(func() bool { return true }))
}

func answer(ok func() bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !ok() {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	}
}

// Check asks the service on this machine whether it is alive. It is the image's HEALTHCHECK: there
// is neither a shell nor curl to do it.
func Check(ctx context.Context, adminAddr string) error {
	host, port, err := net.SplitHostPort(adminAddr)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort(host, port) + "/livez"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: %s", res.Status)
	}
	return nil
}
