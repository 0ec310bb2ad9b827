package config

import (
	"strings"
	"testing"
)

func TestEdgeSettingsThatWouldLoseQuotesAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"queue-dir is empty": {"-upstream", "https://hq.example.com/v1/answers"},
		"is not a URL":       {"-upstream", "hq.example.com", "-queue-dir", "/data/queue"},
	} {
		if _, err := load(t, "", nil, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q got %v, want %q", args, err, want)
		}
	}
	if cfg, err := load(t, "", nil, "-upstream", "https://hq.example.com/v1/answers", "-queue-dir", "/data/queue"); err != nil || cfg.QueueBytes != 64*1024*1024 {
		t.Errorf("got %+v, %v", cfg, err)
	}
}
