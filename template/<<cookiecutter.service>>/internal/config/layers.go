package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

<% if cookiecutter.__center and cookiecutter.__secret_files %>
// Load merges the layers: flag > environment > secret files > file > default. Follow adds the config centre, above the
// file. The environment variable of a key is APP_ and the key in upper case with underscores. With -help, usage goes to
// out.
<% elif cookiecutter.__secret_files %>
// Load merges the layers: flag > environment > secret files > file > default. The environment variable of a key is APP_
// and the key in upper case with underscores. With -help, usage goes to out.
<% elif cookiecutter.__center %>
// Load merges the layers: flag > environment > file > default. Follow adds the config centre, above
// the file. The environment variable of a key is APP_ and the key in upper case with underscores.
// With -help, usage goes to out.
<% else %>
// Load merges the layers: flag > environment > file > default. The environment variable of a key
// is APP_ and the key in upper case with underscores. With -help, usage goes to out.
<% endif %>
func Load(args []string, lookupEnv func(string) (string, bool), out io.Writer) (Config, error) {
	var cfg Config
	fs := flag.NewFlagSet(filepath.Base(os.Args[0]), flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are returned, not printed as well
	cfg.flags(fs)
	keys := map[string]bool{} // what a lower layer may set
	fs.VisitAll(func(f *flag.Flag) { keys[f.Name] = true })
	file := fs.String("config", "", "YAML `file` with any of these keys (environment: APP_CONFIG)")
<% if cookiecutter.__secret_files %>
	folder := fs.String("secret-files", "", "`folder` with a file for each secret key, as a Secret is mounted (environment: APP_SECRET_FILES)")
<% endif %>
	fs.BoolVar(&cfg.Healthcheck, "healthcheck", false, "ask the running service whether it is alive, then exit")
<% if cookiecutter.__own_sleep %>
	fs.DurationVar(&cfg.Sleep, "sleep", 0, "wait, then exit: a preStop hook for images without a shell and Kubernetes before 1.30")
<% endif %>
<% if cookiecutter.__model %>
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
<% if cookiecutter.__secret_files %>
			if strings.Contains(f.Usage, Secret) && strings.Contains(err.Error(), "flag -"+f.Name+":") {
				err = misplaced(usages(), map[string]string{f.Name: ""}, nil)
			}
<% endif %>
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
		if values, err = readFile(*file); err != nil {
			return Config{}, fmt.Errorf("configuration: %w", err)
		}
	}
<% if cookiecutter.__secret_files %>
	if *folder == "" {
		*folder, _ = lookupEnv("APP_SECRET_FILES")
	}
	command := isCommand(fs, keys)
	if command {
		*folder = ""
	}
	secrets, err := readSecrets(*folder)
	if err = errors.Join(err, misplaced(usages(), given(fs), values)); err != nil {
		return Config{}, refused(err, nil)
	}
	cfg.live = &Live{folder: *folder, layers: layers{given(fs), values, lookupEnv, secrets}}
	cfg.live.current.Store(&cfg)
	set, err := apply(fs, keys, lookupEnv, layer{"the secret files", secrets}, layer{*file, values})
<% elif cookiecutter.__center %>
	cfg.live = &Live{layers: layers{given(fs), values, lookupEnv}}
	cfg.live.current.Store(&cfg)
	set, err := apply(fs, keys, lookupEnv, layer{*file, values})
<% else %>
	set, err := apply(fs, keys, lookupEnv, layer{*file, values})
<% endif %>
<% if cookiecutter.__secret_files %>
	if err == nil && !command { // which reads no secret, so that it may lack one
		err = cfg.validate()
	}
<% else %>
	if err == nil {
		err = cfg.validate()
	}
<% endif %>
<% if cookiecutter.__edge %>
	if err == nil {
		err = cfg.Edge.validate()
	}
<% endif %>
<% if cookiecutter.__secret_files %>
	return cfg, withoutSecrets(refused(err, set), fs)
<% else %>
	return cfg, refused(err, set)
<% endif %>
}

<% if not cookiecutter.__center and not cookiecutter.__secret_files %>
// Hot and Secret are marks for a config centre, of which there is none.
const (
	Hot    = ""
	Secret = ""
)

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
<% if cookiecutter.__secret_files %>
					errs = append(errs, fmt.Errorf("%s %s from %s: %s", key, quoted(fs.Lookup(key), each.values[key]), each.name, wanted(fs.Lookup(key))))
<% else %>
					errs = append(errs, fmt.Errorf("%s %q from %s: %s", key, each.values[key], each.name, wanted(fs.Lookup(key))))
<% endif %>
				}
			}
		}
	}
	return set, errors.Join(errs...)
}

// variable returns the environment variable of a key.
func variable(key string) string { return "APP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_")) }

// readFile reads a flat YAML mapping.
func readFile(path string) (map[string]string, error) {
	data, err := os.ReadFile(path) // #nosec G304 -- who starts the service names it
	if err != nil {
		return nil, err
	}
	var values, more map[string]string
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: want one key: value a line: %w", path, err)
	}
	if !errors.Is(decoder.Decode(&more), io.EOF) {
		return nil, fmt.Errorf("%s: want one document, and there is more after ---", path)
	}
	return values, nil
}

// wanted says what a key takes.
func wanted(f *flag.Flag) string {
	what, _ := flag.UnquoteUsage(f)
	switch f.Value.(flag.Getter).Get().(type) {
	case time.Duration:
		return "want a duration such as 10s"
	case int, int64:
		return "want a whole number of " + what
	case *slog.Level:
		return "want debug, info, warn or error"
	}
	return "want another " + what
}

// refused says everything that is wrong with the settings, a line for each fault, and where those that are set are from.
func refused(err error, set []string) error {
	if err == nil {
		return nil
	}
	text := err.Error() + "\nset are " + strings.Join(set, ", ")
	return errors.New("configuration: " + strings.ReplaceAll(text, "\n", "\nconfiguration: "))
}

// WarnOfUnknown logs the variables that look like settings and are none, each with the nearest that is.
func WarnOfUnknown(environment []string, log *slog.Logger) {
<% if cookiecutter.__secret_files %>
	fs, known := flag.NewFlagSet("", flag.ContinueOnError), map[string]bool{"APP_CONFIG": true, "APP_SECRET_FILES": true}
<% else %>
	fs, known := flag.NewFlagSet("", flag.ContinueOnError), map[string]bool{"APP_CONFIG": true}
<% endif %>
	new(Config).flags(fs)
	fs.VisitAll(func(f *flag.Flag) { known[variable(f.Name)] = true })
	for _, each := range environment {
		name, _, _ := strings.Cut(each, "=")
		if strings.HasPrefix(name, "APP_") && !known[name] && !serviceLink.MatchString(each) {
			log.Warn("variable without effect", "name", name, "nearest", nearest(name, known))
		}
	}
}

// serviceLink is a variable that Kubernetes makes for a Service that is called app, or app-something.
var serviceLink = regexp.MustCompile(`^\w+(_SERVICE_(HOST|PORT)(_\w+)?=|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?=|_PORT=\w+://)`)

// nearest returns the name that is most like another one.
func nearest(name string, names map[string]bool) string {
	return slices.MaxFunc(slices.Sorted(maps.Keys(names)), func(a, b string) int { return alike(name, a) - alike(name, b) })
}

// alike counts the pairs of neighbours that two names share.
func alike(a, b string) int {
	n := -len(b)
	for i := range len(a) - 1 {
		if strings.Contains(b, a[i:i+2]) {
			n += 2
		}
	}
	return n
}
