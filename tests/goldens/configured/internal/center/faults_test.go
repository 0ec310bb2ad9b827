package center

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheCentreIsFoundByFlags(t *testing.T) {
	var settings Settings
	set, named := flag.NewFlagSet("", flag.ContinueOnError), 0
	settings.Flags(set)
	set.VisitAll(func(*flag.Flag) { named++ })
	err := set.Parse([]string{"-center-address", "a:1", "-center-credentials", "/secret", "-center-timeout", "7s"})
	if err != nil || settings.Address != "a:1" || settings.Credentials != "/secret" || settings.Timeout != 7*time.Second || named == 3 {
		t.Errorf("got %+v of %d flags, %v", settings, named, err)
	}
}

func TestAnAddressInBracketsNeedsNoPort(t *testing.T) {
	if got := (&Settings{Address: "[::1]"}).servers()[0]; got != "http://[::1]:"+port {
		t.Errorf("got %s", got)
	}
}

func TestACertificateThatCannotBeReadIsNotPassedOver(t *testing.T) {
	for _, name := range []string{"ca.crt", "tls.crt"} {
		credentials := folder(t, nil)
		if err := os.Mkdir(filepath.Join(string(credentials), name), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := credentials.tls(); err == nil || !strings.Contains(err.Error(), "is a directory") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// hasty is a centre whose values change all the time.
type hasty struct{ asked atomic.Int64 }

func (h *hasty) Load(context.Context) (map[string]string, error) {
	h.asked.Add(1)
	return map[string]string{"log-level": "info"}, nil
}

func (h *hasty) Wait(context.Context) error { return nil }

func TestManyChangesAreFewQuestions(t *testing.T) {
	bounded(t)
	h := new(hasty)
	synctest.Test(t, func(t *testing.T) {
		go NewFollower(h, time.Second, nil, func(map[string]string, error) {}).Run(t.Context())
		time.Sleep(10*time.Second + pause/2)
	})
	if asked := h.asked.Load(); asked != 51 {
		t.Errorf("asked %d times in ten seconds", asked)
	}
}

func TestEachLossBeginsAnew(t *testing.T) {
	var up atomic.Bool
	s := &script{wait: func() error { return nil }, load: func() error {
		if !up.Load() {
			return errors.New("refused")
		}
		return nil
	}}
	out, _ := run(t, s, func(*Follower) {
		time.Sleep(time.Hour)
		up.Store(true)
		time.Sleep(time.Minute)
		up.Store(false)
		time.Sleep(10 * time.Second)
	})
	if first := strings.Count(out.String(), "failures=1\n"); first != 2 {
		t.Errorf("%d first failures:\n%s", first, out)
	}
}

func TestAWaitThatFailsIsAFailure(t *testing.T) {
	s := &script{load: fine, wait: func() error { return errors.New("reset") }}
	run(t, s, func(follower *Follower) {
		time.Sleep(time.Minute)
		if state := follower.State(); state.Failed == 0 {
			t.Errorf("got %+v", state)
		}
	})
}
