package app

import (
	"math"
	"runtime/debug"
	"testing"
	"testing/fstest"
)

func TestLimitMemory(t *testing.T) {
	none := func(string) string { return "" }
	set := func(string) string { return "100MiB" }
	const v2, v1 = "sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"
	for name, test := range map[string]struct {
		path, text string
		getenv     func(string) string
		want       int64
		fails      bool
	}{
		"v2":              {v2, "1000\n", none, 10 * memoryPercent, false},
		"v1":              {v1, "1000\n", none, 10 * memoryPercent, false},
		"v2 without":      {v2, "max\n", none, math.MaxInt64, false},
		"v1 without":      {v1, "9223372036854771712\n", none, math.MaxInt64, false},
		"no cgroup":       {"etc/hostname", "laptop", none, math.MaxInt64, false},
		"unreadable":      {v2, "plenty", none, math.MaxInt64, true},
		"GOMEMLIMIT wins": {v2, "1000\n", set, math.MaxInt64, false},
	} {
		t.Run(name, func(t *testing.T) {
			before := debug.SetMemoryLimit(math.MaxInt64)
			defer debug.SetMemoryLimit(before)
			root := fstest.MapFS{test.path: {Data: []byte(test.text)}}
			got, err := limitMemory(root, test.getenv)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %d, %v; want %d", got, err, test.want)
			}
		})
	}
}
