// Package memory bounds what the service holds, since Go's own limit is soft. docs/decisions.md has the table.
package memory

import "sync/atomic"

// The service needs base before the first request; the rest is dealt out in sixteenths. No limit counts as unknown.
const (
	unknown = 1024 * 1024 * 1024
	base    = << cookiecutter.__memory_base >> * 1024 * 1024
)

var limit atomic.Int64

// SetLimit says what Go may use. The bounds below follow at once.
func SetLimit(bytes int64) { limit.Store(bytes) }

func part(n int64) int64 {
	bytes := limit.Load()
	if bytes <= 0 || bytes > 64*unknown {
		bytes = unknown
	}
	return max(bytes-base, base/4) / 16 * n
}

// Requests is how many may be in flight, each with two connections: its own, and one that waits or sends its header.
func Requests(header int) int { return int(part(8) / (64*1024 + 8*int64(header))) }

// Calls is how many may be made of one other service at once, each with an answer of 64 KiB while that is read.
func Calls() int { return int(min(32, part(1)/(96*1024))) }

<% if cookiecutter.__center %>
// Settings is how many bytes the config centre may send: each becomes up to ninety-six while its YAML is read.
func Settings() int64 { return part(1) / 96 }

<% endif %>
<% if cookiecutter.__model %>
// Model is how long a file of the model may be that is read whole: the version before stays until the new one is taken.
func Model() int64 { return part(1) / 8 }

<% endif %>
<% if cookiecutter.__keda %>
// Fetch is how many bytes are read of the topic at once: each becomes up to thirty-two as a record of its own.
func Fetch() int32 { return int32(min(16*1024*1024, part(1)/64)) } // #nosec G115 -- 16 MiB at most

// Batch is how long a batch of the topic may be once it is unpacked. A producer's is a MiB at most where nobody says more.
func Batch() int { return int(max(1024*1024, part(1)/8)) }

// Events is how many bytes of events may be held that have no outcome yet.
func Events() int64 { return part(1) / 2 }

<% endif %>
<% if cookiecutter.tracing %>
// Spans is how many may wait for the collector, each of two KiB.
func Spans() int { return int(min(2048, part(1)/2048)) }

<% endif %>
// Bodies is how many bytes of bodies may be held: each becomes up to eight while it is decoded and answered.
func Bodies() int64 { return part(4) / 8 }
