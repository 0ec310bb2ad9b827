package config

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"example.com/orders/internal/secret"
)

// Marks at the end of a key's usage, where it is named.
const (
	Hot    = ""          // for a config centre, of which there is none
	Secret = " (secret)" // its file in -secret-files has it, and it is taken again when that changes
)

// Live is what the settings are now: swapped whole, read without a lock.
type Live struct {
	layers  layers
	folder  string // of the secret files
	current atomic.Pointer[Config]
}

// Now returns the newest settings: ask where a secret is used, and once for what belongs together.
func (c *Config) Now() *Config { return c.live.current.Load() }

// layers is what each of them says.
type layers struct {
	flags, file map[string]string
	lookupEnv   func(string) (string, bool)
	secrets     map[string]string
}

// given returns what the command line says.
func given(set *flag.FlagSet) map[string]string {
	values := map[string]string{}
	set.Visit(func(f *flag.Flag) { values[f.Name] = f.Value.String() })
	return values
}

// merge returns the settings of all layers.
func (l *layers) merge() (*Config, error) {
	cfg, fs, keys := &Config{}, flag.NewFlagSet("", flag.ContinueOnError), map[string]bool{}
	fs.SetOutput(io.Discard)
	cfg.flags(fs)
	fs.VisitAll(func(f *flag.Flag) { keys[f.Name] = true })
	for key, value := range l.flags {
		if keys[key] {
			_ = fs.Set(key, value) // it was good before
		}
	}
	set, err := apply(fs, keys, l.lookupEnv, layer{"the secret files", l.secrets}, layer{"the file", l.file})
	if err == nil {
		err = cfg.validate()
	}
	return cfg, withoutSecrets(refused(err, set), fs)
}

// usages returns the usage of every key, with its marks.
func usages() map[string]string {
	set, found := flag.NewFlagSet("", flag.ContinueOnError), map[string]string{}
	new(Config).flags(set)
	set.VisitAll(func(f *flag.Flag) { found[f.Name] = f.Usage })
	return found
}

// rotate swaps the settings for those with other secrets, if all layers are good together.
func (l *Live) rotate(secrets map[string]string, log *slog.Logger) error {
	layers := l.layers
	layers.secrets = secrets
	next, err := layers.merge()
	if err != nil {
		return err
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(secrets)), func(key string) bool { return secrets[key] == l.layers.secrets[key] })
	log.Info("settings changed", "keys", keys)
	l.layers, next.live = layers, l
	l.current.Store(next)
	return nil
}

// FollowSecrets takes the secret files again when they change, until ctx ends.
func (c *Config) FollowSecrets(ctx context.Context, log *slog.Logger) {
	folder, keys := c.live.folder, secretKeys(usages())
	files, _ := os.ReadDir(folder) // Load has read it
	for _, each := range files {
		if !strings.HasPrefix(each.Name(), "..") && !slices.Contains(keys, each.Name()) {
			log.Warn("secret file without effect", "name", each.Name())
		}
	}
	if folder != "" && len(keys) > 0 {
		go secret.Follow(ctx, folder, keys, c.live.layers.secrets, log, func(values map[string]string) error { return c.live.rotate(values, log) })
	}
}

// isCommand reports whether the process is to end at once: it needs no secret, and none may have it fail.
func isCommand(fs *flag.FlagSet, keys map[string]bool) bool {
	for name := range given(fs) {
		if !keys[name] && name != "config" && name != "secret-files" {
			return true
		}
	}
	return false
}

// readSecrets returns what the secret files say; nothing where there is no folder.
func readSecrets(folder string) (map[string]string, error) {
	if folder == "" {
		return map[string]string{}, nil
	}
	values, err := secret.Read(folder, secretKeys(usages()))
	if err != nil {
		return nil, fmt.Errorf("secret-files: %w", err)
	}
	return values, nil
}

// secretKeys returns the keys that are marked.
func secretKeys(usage map[string]string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(usage)), func(key string) bool { return !strings.Contains(usage[key], Secret) })
}

// misplaced refuses a secret where others read it: a command line is for all to see, and the settings' file is no Secret.
func misplaced(usage, flags, file map[string]string) error {
	var errs []error
	for _, key := range secretKeys(usage) {
		_, flagged := flags[key]
		_, filed := file[key]
		if flagged || filed {
			errs = append(errs, fmt.Errorf("%s is secret: put it into a file %s in the folder of -secret-files, not into a flag or the settings' file", key, key))
		}
	}
	return errors.Join(errs...)
}

// quoted returns what an error shows of a value.
func quoted(f *flag.Flag, value string) string {
	if strings.Contains(f.Usage, Secret) {
		return "(secret)"
	}
	return strconv.Quote(value)
}

// withoutSecrets returns an error in which no secret stands, whatever a check says.
func withoutSecrets(err error, fs *flag.FlagSet) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	fs.VisitAll(func(f *flag.Flag) {
		if value := f.Value.String(); strings.Contains(f.Usage, Secret) && value != "" && value != f.DefValue {
			text = strings.NewReplacer(value, "(secret)", strings.Trim(strconv.Quote(value), `"`), "(secret)").Replace(text)
		}
	})
	return errors.New(text)
}

// Format prints none of the settings, and has Config do the same: some are secret.
func (Own) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(settings)") }

// MarshalText is for what writes JSON or YAML.
func (Own) MarshalText() ([]byte, error) { return []byte("(settings)"), nil }
