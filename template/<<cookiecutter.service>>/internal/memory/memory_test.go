package memory

import (
	"math"
	"testing"
)

const header = << cookiecutter.__header_kib >> * 1024

// TestTheSumIsBelowTheLimit adds up what each bound lets the service hold at most.
func TestTheSumIsBelowTheLimit(t *testing.T) {
	defer SetLimit(0)
	for _, megabytes := range []int64{24, 36, 112, 921, 58 * 1024} {
		SetLimit(megabytes * 1024 * 1024)
		requests := int64(Requests(header)) * (64*1024 + 8*header)
<% if cookiecutter.tracing %>
		sum := base + requests + 8*Bodies() + 2048*int64(Spans()) + part(3)
<% else %>
		sum := base + requests + 8*Bodies() + part(3)
<% endif %>
		if sum > megabytes*1024*1024 {
			t.Errorf("of %d MiB %d are given away", megabytes, sum/1024/1024)
		}
	}
}

func TestTheBoundsOfThisService(t *testing.T) {
	defer SetLimit(0)
	SetLimit(<< cookiecutter.__go_bytes >>)
	if got := Requests(header); got != << cookiecutter.__requests >> {
		t.Errorf("%d requests in flight, and docs say << cookiecutter.__requests >>", got)
	}
	if got := Bodies() / 1024; got != << cookiecutter.__bodies_kib >> {
		t.Errorf("%d KiB of bodies, and docs say << cookiecutter.__bodies_kib >>", got)
	}
	if got := Calls(); got != << cookiecutter.__calls_at_once >> {
		t.Errorf("%d calls, and docs say << cookiecutter.__calls_at_once >>", got)
	}
<% if cookiecutter.tracing %>
	if got := Spans(); got != << cookiecutter.__spans >> {
		t.Errorf("%d spans, and docs say << cookiecutter.__spans >>", got)
	}
<% endif %>
<% if cookiecutter.__keda %>
	if got := Fetch() / 1024; got != << cookiecutter.__fetch_kib >> {
		t.Errorf("%d KiB of the topic, and docs say << cookiecutter.__fetch_kib >>", got)
	}
	if got := Events() / 1024; got != << cookiecutter.__events_kib >> || Batch() < 1024*1024 {
		t.Errorf("%d KiB of events, and docs say << cookiecutter.__events_kib >>; batches of %d bytes", got, Batch())
	}
<% endif %>
	if few := Requests(4 * header); few < 1 || few >= Requests(header) {
		t.Errorf("%d requests with longer headers", few)
	}
	SetLimit(unknown)
	gigabyte := Bodies()
	if SetLimit(math.MaxInt64); Bodies() != gigabyte {
		t.Errorf("without a limit %d bytes of bodies, which is not as under a gigabyte", Bodies())
	}
}
