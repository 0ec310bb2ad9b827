package config

import (
	"errors"
	"flag"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

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
	fs, known := flag.NewFlagSet("", flag.ContinueOnError), map[string]bool{"APP_CONFIG": true}
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

// nearest returns the name that begins and ends most like another one.
func nearest(name string, names map[string]bool) string {
	return slices.MaxFunc(slices.Sorted(maps.Keys(names)), func(a, b string) int { return alike(name, a) - alike(name, b) })
}

func alike(a, b string) int {
	start := first(min(len(a), len(b)), func(n int) bool { return a[n] != b[n] })
	end := first(min(len(a), len(b))-start, func(n int) bool { return a[len(a)-1-n] != b[len(b)-1-n] })
	return 2*(start+end) - len(a) - len(b)
}

// first returns the first number below most of which something holds, or else most.
func first(most int, holds func(n int) bool) int {
	for n := range most {
		if holds(n) {
			return n
		}
	}
	return most
}
