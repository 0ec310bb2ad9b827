package config

import (
	"bytes"
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
<% if cookiecutter.__own_sleep %>
	fs.DurationVar(&cfg.Sleep, "sleep", 0, "wait, then exit: a preStop hook for images without a shell and Kubernetes before 1.30")
<% endif %>
<% if cookiecutter.edge_model %>
	cfg.commands(fs)
<% endif %>
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(out)
			fs.Usage()
		}
		fs.VisitAll(func(f *flag.Flag) {
			if strings.Contains(err.Error(), "flag -"+f.Name+":") {
				err = fmt.Errorf("%w: %s", err, wanted(f))
			}
		})
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
		var err error
		if values, err = File(*file).Load(ctx); err != nil {
			return Config{}, fmt.Errorf("configuration: %w", err)
		}
	}
<% if cookiecutter.__center %>
	cfg.live = &Live{layers: layers{given(fs), values, lookupEnv}}
	cfg.live.current.Store(&cfg)
<% endif %>
	set, err := apply(fs, keys, lookupEnv, layer{*file, values})
	if err == nil {
		err = cfg.validate()
	}
<% if cookiecutter.__edge %>
	if err == nil {
		err = cfg.Edge.validate()
	}
<% endif %>
	return cfg, refused(err, set)
}

<% if not cookiecutter.__center %>
// Marks of own settings, which mean something once a config centre changes settings: what it may change while the
// service runs, and what no file may hold.
const Hot, Secret = "", ""

// Now returns the newest settings, which without a config centre are those of the start.
func (c *Config) Now() *Config { return c }

<% endif %>
// layer is what says values, by its name.
type layer struct {
	name   string
	values map[string]string
}

// apply sets each key that the command line left alone, so that every layer is parsed alike: the environment comes
// first, then the others. It returns which keys are set, and by whom.
func apply(fs *flag.FlagSet, keys map[string]bool, lookupEnv func(string) (string, bool), layers ...layer) (set []string, err error) {
	var errs []error
	given, env := map[string]bool{}, map[string]string{}
	fs.Visit(func(f *flag.Flag) {
		given[f.Name] = true
		set = append(set, f.Name+" from the command line")
	})
	for key := range keys {
		if value, ok := lookupEnv(variable(key)); ok && !serviceLink.MatchString(variable(key)+"="+value) {
			env[key] = value
		}
	}
	for _, each := range append([]layer{{"the environment", env}}, layers...) {
		for _, key := range slices.Sorted(maps.Keys(each.values)) {
			if !keys[key] {
				errs = append(errs, fmt.Errorf("unknown key %q in %s: the nearest is %s", key, each.name, nearest(key, keys)))
			} else if !given[key] {
				given[key] = true
				set = append(set, key+" from "+each.name)
				if fs.Set(key, each.values[key]) != nil {
					errs = append(errs, fmt.Errorf("%s %q from %s: %s", key, each.values[key], each.name, wanted(fs.Lookup(key))))
				}
			}
		}
	}
	return set, errors.Join(errs...)
}

// variable returns the environment variable of a key.
func variable(key string) string {
	return "APP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
}

// File is a flat YAML mapping at this path.
type File string

// Load reads the file.
func (f File) Load(context.Context) (map[string]string, error) {
	data, err := os.ReadFile(string(f))
	if err != nil {
		return nil, err
	}
	var values, more map[string]string
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: want one key: value a line: %w", string(f), err)
	}
	if !errors.Is(decoder.Decode(&more), io.EOF) {
		return nil, fmt.Errorf("%s: want one document, and there is more after ---", string(f))
	}
	return values, nil
}
