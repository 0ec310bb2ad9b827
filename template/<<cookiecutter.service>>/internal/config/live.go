package config

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.yaml.in/yaml/v3"

	"<< cookiecutter.module >>/internal/center"
)

// Marks at the end of a key's usage, where it is named; a key may have both.
const (
	Hot    = " (hot)"    // the centre can change it while the service runs; any other key waits for a restart
	Secret = " (secret)" // it never stands in the last-good file; for text, since errors show what is no number
)

// Following says how the config centre is followed.
type Following struct {
	center.Settings
	Cache string // lets a start without the centre go on with what it said last
	Needs string // what a start without either must not guess
}

func (c *Following) flags(set *flag.FlagSet) {
	c.Flags(set)
	set.StringVar(&c.Cache, "center-cache", "", "`file` for the last good values, without secrets; empty for none")
	set.StringVar(&c.Needs, "center-needs", "", "hot `keys` with commas: not ready before the centre or the last-good file has said them")
}

func (c *Following) validate(check func(ok bool, format string, args ...any)) {
	check(c.Timeout > 0, "center-timeout %s is not positive", c.Timeout)
	if c.Address != "" {
		err := c.CheckAddress()
		check(err == nil, "%w", err)
	}
	usage := usages()
	for _, key := range c.needs() {
		check(strings.Contains(usage[key], Hot), "center-needs: %q is no hot key, and could not be had later", key)
	}
}

func (c *Following) needs() []string {
	return strings.FieldsFunc(c.Needs, func(r rune) bool { return r == ',' })
}

// usages returns the usage of every key, with its marks.
func usages() map[string]string {
	set, found := flag.NewFlagSet("", flag.ContinueOnError), map[string]string{}
	new(Config).flags(set)
	set.VisitAll(func(f *flag.Flag) { found[f.Name] = f.Usage })
	return found
}

// Live is what the settings are now: swapped whole, read without a lock.
type Live struct {
	layers  layers
	current atomic.Pointer[Config]
	status  atomic.Pointer[Status]

	mu          sync.Mutex
	subscribers []func(keys []string, now *Config)

	// For the goroutine that follows the centre.
	center *center.Follower
	log    *slog.Logger
	text   map[string]string // every value in force; nil at start, when every key may still change
<% if cookiecutter.__secret_files %>

	folder        string            // of the secret files
	turn          sync.Mutex        // of the centre and of the secret files
	known, pinned map[string]string // what the centre said last, and what waits for a restart
<% endif %>
}

// Status says whose settings are in force, and how the following goes.
type Status struct {
	center.State
	From    string
	Missing []string // needed keys that nobody has said yet: not ready

	Applied, Refused int // sets of values
}

// Now returns the newest settings: ask where a hot key is used, and once for what belongs together.
func (c *Config) Now() *Config { return c.live.current.Load() }

// Status returns nil where no centre is followed.
func (c *Config) Status() *Status {
	if c.live.center == nil {
		return nil
	}
	status := *c.live.status.Load()
	status.State = c.live.center.State()
	return &status
}

// OnChange has f called with the keys that changed, one change after the other.
func (c *Config) OnChange(f func(keys []string, now *Config)) {
	c.live.mu.Lock()
	defer c.live.mu.Unlock()
	c.live.subscribers = append(c.live.subscribers, f)
}

// Follow asks the config centre, and goes on until ctx ends. At start the centre can set every key. Where it does
// not answer in time, or badly, the last-good file speaks for it, else the layers below.
func (c *Config) Follow(ctx context.Context, log *slog.Logger) Config {
	if c.Address == "" {
		return *c
	}
	c.live.follow(ctx, c.Open(), log)
	return *c.Now()
}

func (l *Live) follow(ctx context.Context, source center.Source, log *slog.Logger) {
	l.log = log
	cfg := l.current.Load()
	l.center = center.NewFollower(source, cfg.Timeout, log, func(values map[string]string, malformed error) { l.take("the centre", values, malformed) })
	missing := slices.DeleteFunc(cfg.needs(), l.layers.above)
	l.status.Store(&Status{From: "the layers below", Missing: missing})
	err := l.center.Ask(ctx)
	if l.text == nil && cfg.Cache != "" {
		values, unread := readFile(cfg.Cache)
		if unread == nil {
			l.take("the last-good file", values, nil)
		} else if !errors.Is(unread, os.ErrNotExist) {
			log.Warn("the last-good file is of no use", "error", unread)
		}
	}
	if l.text == nil {
		_, l.text, _ = l.layers.merge(nil, nil) // good, since Load was
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
	}
	log.Log(ctx, level, "settings", "from", l.status.Load().From, "missing", l.status.Load().Missing, "error", err)
	go l.center.Run(ctx)
}

// take swaps the settings if all layers are good together, else they stay whole. Once the service runs, keys that
// are not hot wait for a restart, and must be good for it already.
func (l *Live) take(from string, values map[string]string, err error) {
<% if cookiecutter.__secret_files %>
	l.turn.Lock()
	defer l.turn.Unlock()
<% endif %>
	usage, known := usages(), maps.Clone(values)
	// Another version of the service may know more keys, and the centre does not say where it is.
	maps.DeleteFunc(known, func(key, _ string) bool { return usage[key] == "" || strings.HasPrefix(key, "center-") })
	var next *Config
	var text map[string]string
	if err == nil {
		next, text, err = l.layers.merge(known, nil)
	}
	pinned := map[string]string{}
	if err == nil && l.text != nil {
		maps.Copy(pinned, l.text)
		maps.DeleteFunc(pinned, func(key, value string) bool { return text[key] == value || strings.Contains(usage[key], Hot) })
		next, text, err = l.layers.merge(known, pinned)
	}
	status := *l.status.Load()
	defer l.status.Store(&status)
	if err != nil {
		status.Refused++
		l.log.Error("values refused, the settings stay", "from", from, "error", err)
		return
	}
	in := func(key string) bool { _, ok := known[key]; return ok }
	if unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(values)), in); len(unknown)+len(pinned) > 0 {
		l.log.Warn("keys without effect", "from", from, "unknown", unknown, "until_restart", slices.Sorted(maps.Keys(pinned)))
	}
	status.From = from
	status.Missing = slices.DeleteFunc(slices.Clone(status.Missing), in)
	status.Applied++
<% if cookiecutter.__secret_files %>
	l.known, l.pinned = known, pinned
<% endif %>
	l.swap(next, text)
	if err := keep(next.Cache, known, usage); err != nil {
		l.log.Warn("the last-good file is not written", "error", err)
	}
}

// swap publishes the settings and says what changed: keys and never values.
func (l *Live) swap(next *Config, text map[string]string) {
	before := l.text
	l.text, next.live = text, l
	l.current.Store(next)
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(text)), func(key string) bool { return text[key] == before[key] })
	if before == nil || len(keys) == 0 {
		return
	}
	l.log.Info("settings changed", "keys", keys)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, tell := range l.subscribers {
		tell(keys, next)
	}
}

// keep writes the last-good file, whole or not at all.
func keep(path string, values, usage map[string]string) error {
	if path == "" {
		return nil
	}
	public := maps.Clone(values)
	maps.DeleteFunc(public, func(key, _ string) bool { return strings.Contains(usage[key], Secret) })
	data, err := yaml.Marshal(public)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// layers is what the command line, the environment and the file say.
type layers struct {
	flags, file map[string]string
	lookupEnv   func(string) (string, bool)
<% if cookiecutter.__secret_files %>
	secrets     map[string]string
<% endif %>
}

// given returns what the command line says.
func given(set *flag.FlagSet) map[string]string {
	values := map[string]string{}
	set.Visit(func(f *flag.Flag) { values[f.Name] = f.Value.String() })
	return values
}

// above reports whether a layer above the centre sets the key.
func (l *layers) above(key string) bool {
	_, flagged := l.flags[key]
	_, set := l.lookupEnv(variable(key))
<% if cookiecutter.__secret_files %>
	return flagged || set || l.secrets[key] != ""
<% else %>
	return flagged || set
<% endif %>
}

// merge puts the centre's values above the file, and returns the settings and their text. What is pinned stays so.
func (l *layers) merge(center, pinned map[string]string) (*Config, map[string]string, error) {
	cfg, fs, keys := &Config{}, flag.NewFlagSet("", flag.ContinueOnError), map[string]bool{}
	fs.SetOutput(io.Discard)
	cfg.flags(fs)
	fs.VisitAll(func(f *flag.Flag) { keys[f.Name] = true })
	for _, layer := range []map[string]string{l.flags, pinned} {
		for key, value := range layer {
			if keys[key] {
				_ = fs.Set(key, value) // it was good before
			}
		}
	}
<% if cookiecutter.__secret_files %>
	set, err := apply(fs, keys, l.lookupEnv, layer{"the secret files", l.secrets}, layer{"the config centre", center}, layer{"the file", l.file})
<% else %>
	set, err := apply(fs, keys, l.lookupEnv, layer{"the config centre", center}, layer{"the file", l.file})
<% endif %>
	if err == nil {
		err = cfg.validate()
	}
	text := map[string]string{}
	fs.VisitAll(func(f *flag.Flag) { text[f.Name] = f.Value.String() })
<% if cookiecutter.__secret_files %>
	return cfg, text, withoutSecrets(refused(err, set), fs)
<% else %>
	return cfg, text, refused(err, set)
<% endif %>
}
