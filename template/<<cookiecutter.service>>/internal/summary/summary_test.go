package summary

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestSummary(t *testing.T) {
	defer time.AfterFunc(10*time.Second, func() { panic("it hangs") }).Stop()
	const sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	got, err := Of(t.Context(), nil, strings.NewReader("abc"))
	if want := (Summary{Bytes: 3, Lines: 0, SHA256: sha}); got != want || err != nil {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err = Of(t.Context(), nil, strings.NewReader("ä\nb\n")); got.Bytes != 5 || got.Lines != 2 || err != nil {
		t.Errorf("got %v, %v; want 5 bytes, 2 lines", got, err)
	}
}

func TestSummaryTellsABadTextFromABrokenConnection(t *testing.T) {
	defer time.AfterFunc(10*time.Second, func() { panic("it hangs") }).Stop()
	lost := errors.New("connection lost")
	for name, test := range map[string]struct {
		text      io.Reader
		permanent bool
	}{
		"not UTF-8":                {strings.NewReader("a\xffb"), true},
		"ends amid a character":    {strings.NewReader("a\xc3"), true},
		"lost":                     {io.MultiReader(strings.NewReader("a"), iotest.ErrReader(lost)), false},
		"lost amid of a character": {io.MultiReader(strings.NewReader("a\xc3"), iotest.ErrReader(lost)), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Of(t.Context(), nil, test.text)
			_, permanent := errors.AsType[Permanent](err)
			if err == nil || permanent != test.permanent {
				t.Errorf("got %v, permanent %v; want %v", err, permanent, test.permanent)
			}
		})
	}
}
