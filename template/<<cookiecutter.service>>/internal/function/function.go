// Package function is what an event sets off: it sums up an upload, stores the summary, and says so.
//
// An event may come twice, at once or years later, and a delivery may end at any point. So the result's name follows
// from the event, the first one to write it wins, and whoever comes later answers with what is there.
package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"<< cookiecutter.module >>/internal/config"
	"<< cookiecutter.module >>/internal/deps"
	"<< cookiecutter.module >>/internal/summary"
)

// The types of the events that come in and go out.
const (
	Created   = "upload.created"
	Processed = "upload.processed"
)

// Permanent is an error that no further delivery can mend: the event goes to the dead letters.
type Permanent struct{ Err error }

func (p Permanent) Error() string { return p.Err.Error() }

// Unwrap returns the reason.
func (p Permanent) Unwrap() error { return p.Err }

func permanent(format string, args ...any) error { return Permanent{fmt.Errorf(format, args...)} }

// Function handles events. Nothing is dialled before the first one.
type Function struct {
	deps        *deps.Deps
	store       *store
	uploads     string
	maxAttempts int
}

// New returns the function.
func New(cfg config.Config, d *deps.Deps) *Function {
<% if cookiecutter.__secret_files %>
	store := newStore(cfg)
	store.who = newest(d.Settings, store.who)
	return &Function{d, store, cfg.Uploads, cfg.MaxAttempts}
<% else %>
	return &Function{d, newStore(cfg), cfg.Uploads, cfg.MaxAttempts}
<% endif %>
}

// Handle does what the event asks for and returns the event that tells of it.
func (f *Function) Handle(ctx context.Context, event Event) (Event, error) {
	up, err := f.upload(event)
	if err != nil {
		return Event{}, err
	}
	result, err := f.once(ctx, up, event)
	if err != nil {
		return Event{}, err
	}
	return Event{
		ID:         event.ID + "-done",
		Source:     "/<< cookiecutter.service >>",
		Type:       Processed,
		Subject:    up.Key,
		Extensions: passedOn(event.Extensions),
		Data:       result,
	}, nil
}

// passedOn returns what the reply takes over: the trace.
func passedOn(extensions map[string]string) map[string]string {
	kept := map[string]string{}
	for _, name := range []string{"traceparent", "tracestate"} {
		if value, ok := extensions[name]; ok {
			kept[name] = value
		}
	}
	return kept
}

// upload is the data of an event.
type upload struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// upload reads what the event is about. Names of objects are made of its words, so they must be harmless ones.
func (f *Function) upload(event Event) (up upload, err error) {
	if event.Type != Created {
		return up, permanent("type %q is not %s", event.Type, Created)
	}
	if err := json.Unmarshal(event.Data, &up); err != nil {
		return up, permanent("data: %w", err)
	}
	switch {
	case up.Bucket != f.uploads:
		return up, permanent("bucket %q is not %q", up.Bucket, f.uploads)
	case !harmless(up.Key) || len(up.Key) > 512:
		return up, permanent("key %.40q is no path of at most 512 bytes", up.Key)
	case !harmless(event.ID) || strings.Contains(event.ID, "/") || len(event.ID) > 128:
		return up, permanent("id %.40q is no name of at most 128 bytes", event.ID)
	}
	return up, nil
}

// harmless reports whether a path stays where it is put, in a folder too.
func harmless(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return utf8.ValidString(path) && !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// once returns the result of an event, made now or found.
func (f *Function) once(ctx context.Context, up upload, event Event) (json.RawMessage, error) {
	name := up.Key + "/" + event.ID
	attempt, err := f.store.attempt(ctx, name, event.Extensions["replay"], f.maxAttempts)
	if err != nil {
		return nil, err
	}
	if attempt > 1 {
		if result, err := f.store.result(ctx, name); !errors.Is(err, errAbsent) {
			return result, err
		}
	}
	if attempt > f.maxAttempts {
		return nil, permanent("given up after %d attempts", f.maxAttempts)
	}
	slog.DebugContext(ctx, "event", "id", event.ID, "key", up.Key, "attempt", attempt)
	made, err := f.process(ctx, up)
	if err != nil {
		return nil, err
	}
	return f.store.keep(ctx, name, made)
}

// process makes the result of an upload.
func (f *Function) process(ctx context.Context, up upload) (json.RawMessage, error) {
	object, err := f.store.open(ctx, up)
	if err != nil {
		return nil, err
	}
	defer func() { _ = object.Close() }()
	made, err := summary.Of(ctx, f.deps, object)
	if unfit, ok := errors.AsType[summary.Permanent](err); ok {
		return nil, Permanent{unfit}
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		upload
		summary.Summary
	}{up, made})
}
