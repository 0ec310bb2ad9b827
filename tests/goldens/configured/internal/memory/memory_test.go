package memory

import (
	"math"
	"testing"
)

const header = 16 * 1024

// TestTheSumIsBelowTheLimit adds up what each bound lets the service hold at most.
func TestTheSumIsBelowTheLimit(t *testing.T) {
	defer SetLimit(0)
	for _, megabytes := range []int64{24, 36, 112, 921, 58 * 1024} {
		SetLimit(megabytes * 1024 * 1024)
		requests := int64(Requests(header)) * (64*1024 + 8*header)
		sum := base + requests + 8*Bodies() + 2048*int64(Spans()) + part(3)
		if sum > megabytes*1024*1024 {
			t.Errorf("of %d MiB %d are given away", megabytes, sum/1024/1024)
		}
	}
}

func TestTheBoundsOfThisService(t *testing.T) {
	defer SetLimit(0)
	SetLimit(117440512)
	if got := Requests(header); got != 266 {
		t.Errorf("%d requests in flight, and docs say 266", got)
	}
	if got := Bodies() / 1024; got != 3200 {
		t.Errorf("%d KiB of bodies, and docs say 3200", got)
	}
	if got := Calls(); got != 32 {
		t.Errorf("%d calls, and docs say 32", got)
	}
	if got := Spans(); got != 2048 {
		t.Errorf("%d spans, and docs say 2048", got)
	}
	if few := Requests(4 * header); few < 1 || few >= Requests(header) {
		t.Errorf("%d requests with longer headers", few)
	}
	SetLimit(unknown)
	gigabyte := Bodies()
	if SetLimit(math.MaxInt64); Bodies() != gigabyte {
		t.Errorf("without a limit %d bytes of bodies, which is not as under a gigabyte", Bodies())
	}
}
