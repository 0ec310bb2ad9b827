package httpapi

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// stream is the word at a route that lasts: events, WebSockets, exports.
//
//	mux.Handle("GET /v1/events", stream{events()})
//
// Its context ends with the caller, and when the service begins to stop, and at no deadline.
type stream struct{ http.Handler }

// flow serves streams. What ends one is a caller that takes no byte for the time of patience.
func flow(next http.Handler, patience time.Duration, ending <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-ending:
				cancel()
			case <-ctx.Done():
			}
		}()
		out := &flowing{&statusRecorder{ResponseWriter: w}, patience}
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the server would take the caller for gone
		defer out.extend()                                             // for what the server sends at the end
		inner := r.WithContext(ctx)
		defer func() { r.Pattern = inner.Pattern }()
		next.ServeHTTP(out, inner)
	})
}

// flowing gives each piece of each write its time.
type flowing struct {
	*statusRecorder
	patience time.Duration
}

func (f *flowing) extend() {
	_ = http.NewResponseController(f.statusRecorder).SetWriteDeadline(time.Now().Add(f.patience))
}

func (f *flowing) Write(data []byte) (written int, err error) {
	for part := range slices.Chunk(data, 64*1024) {
		f.extend()
		n, err := f.statusRecorder.Write(part)
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}
