package center

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// script is a centre that answers Load and Wait as it is told.
type script struct {
	load, wait func() error
	values     map[string]string
	loads      []time.Time
}

func (s *script) Load(context.Context) (map[string]string, error) {
	s.loads = append(s.loads, time.Now())
	if s.values == nil {
		return map[string]string{"log-level": "info"}, s.load()
	}
	return s.values, s.load()
}

func (s *script) Wait(ctx context.Context) error {
	sleep(ctx, time.Second)
	return s.wait()
}

func fine() error { return nil }

// bounded ends a test that hangs, and shows where it does.
func bounded(t testing.TB) {
	hangs := time.AfterFunc(10*time.Second, func() {
		debug.SetTraceback("all")
		panic(t.Name() + " hangs")
	})
	t.Cleanup(func() { hangs.Stop() })
}

// run follows s for a while, and returns the log and how often something was taken.
func run(t *testing.T, s *script, during func(follower *Follower)) (out *bytes.Buffer, taken int) {
	t.Helper()
	bounded(t)
	out = new(bytes.Buffer)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		follower := NewFollower(s, time.Second, slog.New(slog.NewTextHandler(out, nil)), func(map[string]string, error) { taken++ })
		go follower.Run(ctx)
		during(follower)
		cancel()
		synctest.Wait()
	})
	return out, taken
}

func TestALostCentreIsAskedEverMoreRarelyAndTheLogIsQuiet(t *testing.T) {
	var up atomic.Bool
	s := &script{wait: fine, load: func() error {
		if !up.Load() {
			return errors.New("refused")
		}
		return nil
	}}
	out, taken := run(t, s, func(follower *Follower) {
		time.Sleep(time.Hour)
		if state := follower.State(); state.Error != "refused" || !state.Seen.IsZero() || state.Failed < 100 {
			t.Errorf("lost: %+v", state)
		}
		up.Store(true)
		before := time.Now()
		time.Sleep(lastTry)
		if state := follower.State(); state.Error != "" || state.Seen.Before(before) {
			t.Errorf("back: %+v", state)
		}
	})
	for n := 1; n < len(s.loads); n++ {
		if gap := s.loads[n].Sub(s.loads[n-1]); gap > lastTry {
			t.Errorf("%s between two tries", gap)
		}
	}
	if in := s.loads[4].Sub(s.loads[0]); in < 7*time.Second {
		t.Errorf("4 tries in %s", in)
	}
	if lost, back := strings.Count(out.String(), "lost"), strings.Count(out.String(), "is back"); lost > 10 || back != 1 {
		t.Errorf("%d lines of loss and %d of return in an hour:\n%s", lost, back, out)
	}
	if taken != 1 {
		t.Errorf("taken %d times", taken)
	}
}

func TestReplicasDoNotComeBackAtOnce(t *testing.T) {
	first := func() time.Duration {
		s := &script{wait: fine, load: func() error { return errors.New("refused") }}
		run(t, s, func(*Follower) { time.Sleep(time.Minute) })
		return s.loads[1].Sub(s.loads[0])
	}
	for range 10 {
		if one, other := first(), first(); one != other {
			return
		}
	}
	t.Error("ten pairs of replicas waited equally long")
}

func TestACentreThatOnlyFailsToWaitIsNoStorm(t *testing.T) {
	s := &script{load: fine, wait: func() error { return errors.New("reset") }}
	out, _ := run(t, s, func(*Follower) { time.Sleep(time.Hour) })
	if lines := strings.Count(out.String(), "\n"); lines > 20 {
		t.Errorf("%d lines in an hour:\n%s", lines, out)
	}
	if len(s.loads) > 200 {
		t.Errorf("asked %d times in an hour", len(s.loads))
	}
}

func TestAnAnswerThatIsNoSetOfValuesIsTakenOnce(t *testing.T) {
	s := &script{wait: fine, load: func() error { return &Malformed{"orders", "- hunter2"} }}
	out, taken := run(t, s, func(follower *Follower) {
		time.Sleep(time.Minute)
		if state := follower.State(); state.Seen.IsZero() || state.Failed > 0 {
			t.Errorf("it is no failure of the centre: %+v", state)
		}
	})
	if taken != 1 || strings.Contains(out.String(), "hunter2") {
		t.Errorf("taken %d times, logged %s", taken, out)
	}
}

func TestAnEmptiedCentreKeepsWhatItSaidAndTheLogSaysWhy(t *testing.T) {
	var emptied atomic.Bool
	s := &script{load: fine, values: map[string]string{"max-in-flight": "5"}}
	s.wait = func() error {
		if emptied.Load() {
			s.values = map[string]string{}
		}
		return nil
	}
	out, taken := run(t, s, func(follower *Follower) {
		time.Sleep(time.Minute)
		emptied.Store(true)
		time.Sleep(time.Minute)
		if state := follower.State(); state.Error != errEmpty.Error() {
			t.Errorf("emptied: %+v", state)
		}
	})
	if taken != 1 || !strings.Contains(out.String(), "the settings stay") || !strings.Contains(out.String(), errEmpty.Error()) {
		t.Errorf("taken %d times:\n%s", taken, out)
	}
}
