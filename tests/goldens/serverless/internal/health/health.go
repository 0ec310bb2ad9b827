// Package health answers the three probes, each about something else:
//
//   - /startupz: boot has finished. Until then nothing else is asked.
//   - /readyz: send requests here. Not during boot, nor from the first moment of a shutdown, nor while it is stalled.
//   - /livez: the process itself runs, and is not stalled. It looks at no dependency: restarting
//     every replica does not make a slow database faster.
package health

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Probes is the state that the probes report. The zero value is a service that is booting.
type Probes struct {
	Progress Progress
	OnStall  func()                      // called once, by the first /livez that finds the service stalled; may be nil
	Needs    func(context.Context) error // what holds readiness back; may be nil

	started, ready atomic.Bool
	stalled        sync.Once
}

// Start marks the end of boot: started for good, and ready.
func (p *Probes) Start() {
	p.started.Store(true)
	p.ready.Store(true)
}

// Stop takes readiness away; the process stays alive.
func (p *Probes) Stop() { p.ready.Store(false) }

// Ready reports whether requests should be sent here.
func (p *Probes) Ready() bool { return p.ready.Load() && !p.Progress.Stalled() }

func (p *Probes) alive() bool {
	stalled := p.Progress.Stalled()
	if stalled && p.OnStall != nil {
		p.stalled.Do(p.OnStall)
	}
	return !stalled
}

// Register adds the three paths.
func (p *Probes) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /startupz", answer(p.started.Load, nil))
	mux.HandleFunc("GET /readyz", answer(p.Ready, p.Needs))
	mux.HandleFunc("GET /livez", answer(p.alive, nil))
}

func answer(ok func() bool, needs func(context.Context) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		text, status := "ok", http.StatusOK
		if !ok() {
			text, status = "no", http.StatusServiceUnavailable
		} else if needs != nil {
			if err := needs(r.Context()); err != nil {
				text, status = "no\n"+err.Error(), http.StatusServiceUnavailable
			}
		}
		http.Error(w, text, status)
	}
}

// Progress notices that requests come in and none goes out, as in a deadlock. A slow dependency is no
// stall as long as handlers heed the deadline of their context: then each request ends in time.
type Progress struct {
	Limit time.Duration // how long nothing may end while something is in flight; 0 for ever

	inFlight atomic.Int64
	last     atomic.Int64 // when a request ended, or began where none was in flight
}

// start is what a Progress counts from: unlike the wall clock, the difference never jumps.
var start = time.Now()

// Begin is called when the work on a request begins.
func (p *Progress) Begin() {
	if p.inFlight.Load() == 0 {
		p.last.Store(int64(time.Since(start)))
	}
	p.inFlight.Add(1)
}

// End is called when it has ended.
func (p *Progress) End() {
	p.last.Store(int64(time.Since(start)))
	p.inFlight.Add(-1)
}

// Stalled reports whether something is in flight and nothing has ended for the limit.
func (p *Progress) Stalled() bool {
	return p.Limit > 0 && p.inFlight.Load() > 0 && time.Since(start)-time.Duration(p.last.Load()) > p.Limit
}

// Arguments returns a process's own, and for -healthcheck first those of the service that it asks, the first process of
// the container: so it finds where that listens, also from a file.
func Arguments(root fs.FS, own []string) []string {
	data, err := fs.ReadFile(root, "proc/1/cmdline")
	first := strings.Split(strings.TrimRight(string(data), "\x00"), "\x00")
	for i, each := range first { // behind what Docker's --init puts before it
		if err == nil && path.Base(each) == path.Base(own[0]) && slices.Contains(own, "-healthcheck") {
			return append(first[i+1:], own[1:]...)
		}
	}
	return own[1:]
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
	res, err := new(http.Transport).RoundTrip(req) // past any proxy
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: %s", res.Status)
	}
	return nil
}
