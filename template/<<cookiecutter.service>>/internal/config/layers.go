package config

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Source yields settings by key. It ranks below the command line and the environment and above
// the defaults. A file is one; a config centre can be another.
type Source interface {
	Load(ctx context.Context) (map[string]string, error)
}

<% if cookiecutter.__center %>
// Load merges the layers: flag > environment > file > default. Follow adds the config centre, above
// the file. The environment variable of a key is APP_ and the key in upper case with underscores.
// With -help, usage goes to out.
<% else %>
// Load merges the layers: flag > environment > file > default. The environment variable of a key
// is APP_ and the key in upper case with underscores. With -help, usage goes to out.
<% endif %>
func Load(ctx context.Context, args []string, lookupEnv func(string) (string, bool), out io.Writer) (Config, error) {
	var cfg Config
	fs := flag.NewFlagSet(filepath.Base(os.Args[0]), flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are returned, not printed as well
	cfg.flags(fs)
	keys := map[string]bool{} // what a lower layer may set
	fs.VisitAll(func(f *flag.Flag) { keys[f.Name] = true })
	file := fs.String("config", "", "YAML `file` with any of these keys (environment: APP_CONFIG)")
	fs.BoolVar(&cfg.Healthcheck, "healthcheck", false, "ask the running service whether it is alive, then exit")
	fs.DurationVar(&cfg.Sleep, "sleep", 0, "wait, then exit: a preStop hook for images without a shell and Kubernetes before 1.30")
<% if cookiecutter.edge_model %>
	cfg.commands(fs)
<% endif %>
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(out)
			fs.Usage()
		}
		return Config{}, err
	}
	if fs.NArg() > 0 {
		return Config{}, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if *file == "" {
		*file, _ = lookupEnv("APP_CONFIG")
	}
	var values map[string]string
	if *file != "" {
		var source Source = File(*file)
		var err error
		if values, err = source.Load(ctx); err != nil {
			return Config{}, fmt.Errorf("configuration: %w", err)
		}
	}
<% if cookiecutter.__center %>
	cfg.live = &Live{layers: layers{given(fs), values, lookupEnv}}
	cfg.live.current.Store(&cfg)
<% endif %>
	if err := apply(fs, keys, values, lookupEnv); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if err := cfg.validate(); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
<% if cookiecutter.__edge %>
	if err := cfg.Edge.validate(); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
<% endif %>
	return cfg, nil
}

// apply sets each key that the command line left alone, so that every layer is parsed alike.
func apply(fs *flag.FlagSet, keys map[string]bool, values map[string]string, lookupEnv func(string) (string, bool)) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !keys[key] {
			errs = append(errs, fmt.Errorf("unknown key %q", key))
		}
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		value, ok := lookupEnv(variable(key))
		if !ok {
			value, ok = values[key]
		}
		if !ok || given[key] {
			continue
		}
		if err := fs.Set(key, value); err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", key, value, err))
		}
	}
	return errors.Join(errs...)
}

// variable returns the environment variable of a key.
func variable(key string) string {
	return "APP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// File is a Source: a flat YAML mapping at this path.
type File string

// Load reads the file.
func (f File) Load(context.Context) (map[string]string, error) {
	data, err := os.ReadFile(string(f))
	if err != nil {
		return nil, err
	}
	var values map[string]string
	if err := yaml.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("%s: %w", string(f), err)
	}
	return values, nil
}
