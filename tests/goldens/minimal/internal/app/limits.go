package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/orders/internal/memory"
)

// memoryPercent of the container's limit is what Go may use. The rest is for what its collector does not count (C's
// heap, the kernel's buffers, the binary itself) and for what is allocated while it runs. That does not shrink with the
// limit: at least memoryReserve is left, but of a small limit no more than a quarter.
const (
	memoryPercent = 90
	memoryReserve = 16 * 1024 * 1024
)

// limitMemory tells the runtime its share of the cgroup's memory limit, unless GOMEMLIMIT is set, and returns the limit
// in force, in bytes. It is the cgroup's, so that it is right whatever a manifest says. What the service may hold follows.
func limitMemory(root fs.FS, getenv func(string) string) (limit int64, err error) {
	defer func() { memory.SetLimit(limit) }()
	if getenv("GOMEMLIMIT") != "" {
		return debug.SetMemoryLimit(-1), nil
	}
	limit, err = cgroupLimit(root)
	if err != nil {
		return debug.SetMemoryLimit(-1), err
	}
	if limit < math.MaxInt64 {
		limit -= max(limit/100*(100-memoryPercent), min(memoryReserve, limit/4))
	}
	debug.SetMemoryLimit(limit)
	return limit, nil
}

// followMemory heeds a limit that changes while the service runs: a pod may be resized in place.
func followMemory(ctx context.Context, root fs.FS, getenv func(string) string, log *slog.Logger) {
	before := debug.SetMemoryLimit(-1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Second):
		}
		if limit, err := limitMemory(root, getenv); err == nil && limit != before {
			log.Info("memory limit changed", "gomemlimit_bytes", limit)
			before = limit
		}
	}
}

// cgroupLimit reads the limit in bytes from cgroup v2, else v1; math.MaxInt64 is none.
func cgroupLimit(root fs.FS) (int64, error) {
	data, err := fs.ReadFile(root, "sys/fs/cgroup/memory.max")
	if errors.Is(err, fs.ErrNotExist) {
		data, err = fs.ReadFile(root, "sys/fs/cgroup/memory/memory.limit_in_bytes")
	}
	text := strings.TrimSpace(string(data))
	if text == "max" || errors.Is(err, fs.ErrNotExist) { // not in a cgroup with a limit, or not on Linux
		return math.MaxInt64, nil
	}
	if err != nil {
		return 0, err
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if limit > math.MaxInt64/2 { // v1 writes no limit as a number close to the largest
		limit = math.MaxInt64
	}
	return limit, err
}

// connections are as many as there is memory for. For one more the one goes that has waited for a request for longest,
// the new one itself while all others are at work.
type connections struct {
	most func() int

	mu   sync.Mutex
	open map[net.Conn]time.Time // since when each waits; zero for one at work
}

func (c *connections) see(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew, http.StateIdle:
		c.open[conn] = time.Now()
	case http.StateActive:
		c.open[conn] = time.Time{}
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	}
	if state == http.StateNew && len(c.open) > c.most() {
		longest := conn
		for other, since := range c.open {
			if !since.IsZero() && since.Before(c.open[longest]) {
				longest = other
			}
		}
		delete(c.open, longest)
		_ = longest.Close()
	}
}
