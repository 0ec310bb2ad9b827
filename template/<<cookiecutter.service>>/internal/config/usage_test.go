package config

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestHelpListsTheSettings(t *testing.T) {
	var out bytes.Buffer
	none := func(string) (string, bool) { return "", false }
	if _, err := Load(t.Context(), []string{"-help"}, none, &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "-drain-timeout") {
		t.Errorf("got %v, %s", err, &out)
	}
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"admin-addr is empty":                {"-admin-addr", ""},
		"request-timeout 0s is not positive": {"-request-timeout", "0s"},
		"max-body-bytes 0 is not positive":   {"-max-body-bytes", "0"},
		"shutdown-delay -1s is negative":     {"-shutdown-delay", "-1s"},
	} {
		if _, err := load(t, "", nil, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

func TestNamesAreAlikeAtBothEnds(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"abcde", "abcde"}: 0, {"abcXde", "abcYde"}: -2, {"abc", "abcd"}: -1, {"bcd", "abcd"}: -1, {"a", "b"}: -2, {"aa", "aaa"}: -1,
	} {
		if got := alike(pair[0], pair[1]); got != want {
			t.Errorf("%v: got %d, want %d", pair, got, want)
		}
	}
}
