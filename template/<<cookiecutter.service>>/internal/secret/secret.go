<% if cookiecutter.secrets == "vault" %>
// Package secret reads a folder with a file for each secret, as an agent writes them or a Secret is mounted. No error and
// no line of the log has what a file says.
<% else %>
// Package secret reads a folder with a file for each secret, as a Secret is mounted. No error and no line of the log has
// what a file says.
<% endif %>
package secret

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	longest = 64 * 1024       // bytes of a value
<% if cookiecutter.secrets == "vault" %>
	pause   = 5 * time.Second // between two looks; the agent itself asks every minute
<% else %>
	pause   = 5 * time.Second // between two looks; the kubelet itself needs a minute and more
<% endif %>
)

// Read returns what the files of a folder say, for the keys that have one. All of it is of one state: the kubelet swaps
// what is behind ..data at once, and what it swaps meanwhile is read again.
func Read(folder string, keys []string) (map[string]string, error) {
	for {
		before, _ := os.Readlink(filepath.Join(folder, "..data"))
		values, err := readAll(folder, keys)
		if after, _ := os.Readlink(filepath.Join(folder, "..data")); after == before {
			return values, err
		}
	}
}

func readAll(folder string, keys []string) (map[string]string, error) {
	if _, err := os.ReadDir(folder); err != nil {
		return nil, err
	}
	values, errs := map[string]string{}, []error(nil)
	for _, key := range keys {
		value, err := read(filepath.Join(folder, key))
		switch {
		case errors.Is(err, os.ErrNotExist) || err == nil && value == "":
		case err != nil:
			errs = append(errs, fmt.Errorf("the secret %s: %w", key, err))
		default:
			values[key] = value
		}
	}
	return values, errors.Join(errs...)
}

// read returns a file without the end of its last line, which editors and echo put there.
func read(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("it is no file")
	case info.Size() > longest:
		return "", fmt.Errorf("it has more than %d bytes", longest)
	}
	data, err := os.ReadFile(path) // #nosec G304 -- who starts the service names the folder
	if err != nil {
		return "", err
	}
	if text := string(data); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", errors.New("it is no text")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// Follow has take called with what the files say once that is not the last any more, until ctx ends. What cannot be
// taken is logged once, and the last stays as a whole. So it does where a secret has gone: that is a mistake more often
// than a wish.
<% if cookiecutter.secrets == "vault" %>
// An agent writes one file after the other, so that only what two looks find alike is of one state.
<% endif %>
func Follow(ctx context.Context, folder string, keys []string, last map[string]string, log *slog.Logger, take func(values map[string]string) error) {
<% if cookiecutter.secrets == "vault" %>
	refused, before := "", last
<% else %>
	refused := ""
<% endif %>
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		values, err := Read(folder, keys)
<% if cookiecutter.secrets == "vault" %>
		if !maps.Equal(values, before) {
			before = values
			continue
		}
<% endif %>
		if err == nil {
			err = gone(last, values)
		}
		if err == nil && !maps.Equal(values, last) {
			if err = take(values); err == nil {
				last = values
			}
		}
		switch {
		case err == nil && refused != "":
			log.InfoContext(ctx, "secrets are good again")
			refused = ""
		case err != nil && err.Error() != refused:
			log.ErrorContext(ctx, "secrets refused, the old ones stay", "error", err)
			refused = err.Error()
		}
	}
}

// gone refuses values that lack one of the last.
func gone(last, values map[string]string) error {
	lost := slices.DeleteFunc(slices.Sorted(maps.Keys(last)), func(key string) bool { return values[key] != "" })
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("gone or empty: %s", strings.Join(lost, ", "))
}
