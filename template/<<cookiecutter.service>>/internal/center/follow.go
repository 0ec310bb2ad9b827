package center

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

const (
	pause    = 200 * time.Millisecond // between two questions: a hundred pushes in a second are few reads
	firstTry = time.Second            // after a failure; twice as long after each further one
	lastTry  = 30 * time.Second       // at most, so that a centre that is back is found soon
)

// Source is a config centre.
type Source interface {
	// Load returns every value, or Malformed.
	Load(ctx context.Context) (map[string]string, error)
	// Wait returns when the values may have changed since Load, or when it is time to look again.
	Wait(ctx context.Context) error
}

// errEmpty is an answer without a value: what was there was removed by mistake, more likely than on purpose.
var errEmpty = errors.New("there is no value in it any more, or not yet")

// Malformed is an answer that is no set of values. What it says is in no message: it may be secret.
type Malformed struct {
	Where, Text string
}

func (m *Malformed) Error() string { return m.Where + " is no flat YAML mapping" }

// Follower asks a centre for as long as the service runs.
type Follower struct {
	source  Source
	timeout time.Duration
	log     *slog.Logger
	take    func(values map[string]string, malformed error)
	state   atomic.Pointer[State]

	heard     bool              // the centre, and last is what it said
	last      map[string]string // maybe nothing
	malformed string            // what it said that was no set of values
	asked     time.Time
	lost      bool // the centre, and the log says so
}

// State says how it goes.
type State struct {
	Seen   time.Time // when the centre last answered; zero for never
	Error  string    // why it does not now
	Failed int       // questions without an answer
}

// NewFollower returns one that gives what is new to take, good or not. A question ends after timeout.
func NewFollower(source Source, timeout time.Duration, log *slog.Logger, take func(values map[string]string, malformed error)) *Follower {
	f := &Follower{source: source, timeout: timeout, log: log, take: take}
	f.state.Store(&State{})
	return f
}

// State says how it goes.
func (f *Follower) State() State { return *f.state.Load() }

// Ask asks once.
func (f *Follower) Ask(ctx context.Context) error {
	f.asked = time.Now()
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	values, err := f.source.Load(ctx)
	if bad, ok := errors.AsType[*Malformed](err); ok {
		f.note(nil)
		if bad.Text != f.malformed {
			f.malformed = bad.Text
			f.take(nil, bad)
		}
		return nil
	}
	if err == nil && len(values) == 0 {
		err = errEmpty
	}
	f.note(err)
	if err == nil && (!f.heard || !maps.Equal(values, f.last)) {
		f.heard, f.last = true, values
		f.take(values, nil)
	}
	return err
}

// Run asks again whenever the values may have changed, until ctx ends. After a failure it waits ever longer, with
// jitter, since replicas must not come back all at once. The first, second, fourth, eighth failure in a row is
// logged, and so on.
func (f *Follower) Run(ctx context.Context) {
	failures, delay := 0, firstTry
	for ctx.Err() == nil {
		err := f.Ask(ctx)
		if err == nil {
			if err = f.source.Wait(ctx); err == nil {
				failures, delay = 0, firstTry
				sleep(ctx, pause-time.Since(f.asked))
				continue
			}
			f.note(err)
		}
		if failures++; failures&(failures-1) == 0 && ctx.Err() == nil {
			f.lost = true
			f.log.Warn("config centre lost, the settings stay", "error", err, "failures", failures)
		}
		sleep(ctx, delay/2+rand.N(delay/2)) // #nosec G404 -- nothing secret
		delay = min(2*delay, lastTry)
	}
}

// note remembers how a question went.
func (f *Follower) note(err error) {
	state := f.State()
	if err != nil {
		state.Error = err.Error()
		state.Failed++
	} else {
		state.Error, state.Seen = "", time.Now()
		if f.lost {
			f.log.Info("config centre is back")
		}
		f.lost = false
	}
	f.state.Store(&state)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
