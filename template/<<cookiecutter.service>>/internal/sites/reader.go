package sites

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	reference = regexp.MustCompile(`^[a-z0-9][a-z0-9._/:-]*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$`)
	// A version or a commit. Whatever else a tag is, it may be another image tomorrow.
	fixed    = regexp.MustCompile(`:(v?[0-9]+\.[0-9]+\.[0-9]+([-.][0-9A-Za-z.-]+)?|[0-9a-f]{7,40})$`)
	label    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$`)
	amount   = regexp.MustCompile(`^[1-9][0-9]{0,5}(Mi|Gi)$`)
	arch     = regexp.MustCompile(`^(amd64|arm64|arm)$`)
	key      = regexp.MustCompile(`^[a-z]([-a-z0-9.]{0,61}[a-z0-9])?$`)
	value    = regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`)
	address  = regexp.MustCompile(`^https?://[^\s]+$`)
	anything = regexp.MustCompile(`\S`)
	person   = regexp.MustCompile(`^person$`)
)

// reader collects everything that is wrong with the file.
type reader struct {
	fleet *Fleet
	model bool // the release has one, and so everything
	errs  []error
}

func (r *reader) fail(at *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", File, at.Line, fmt.Sprintf(format, args...)))
}

func (r *reader) all(root *yaml.Node) {
	fields := r.fields(root, "the file", "release", "quorum", "gate", "memory", "waves", "sites")
	if fields == nil {
		return
	}
	f := r.fleet
	r.model = find(fields["release"], "model") != nil
	f.Release = r.version(fields["release"], "release", false)
	f.Quorum = r.number(fields["quorum"], "quorum", 100)
	f.Gate = r.gate(fields["gate"])
	f.Memory = r.words(fields["memory"], "memory", label, amount, "an amount such as 48Mi")
	for i, n := range r.list(fields["waves"], "waves") {
		f.Waves = append(f.Waves, r.wave(n, i+1))
	}
	seen := map[string]bool{}
	for _, n := range r.list(fields["sites"], "sites") {
		site := r.site(n)
		if seen[site.Name] {
			r.fail(n, "there are two sites %s", site.Name)
		}
		seen[site.Name] = true
		f.Sites = append(f.Sites, site)
	}
	slices.SortFunc(f.Sites, func(a, b Site) int { return strings.Compare(a.Name, b.Name) })
	for i, n := range fields["waves"].Content {
		if len(f.of(i+1)) == 0 {
			r.fail(n, "wave %d has no site", i+1)
		}
	}
}

func (r *reader) wave(n *yaml.Node, number int) Wave {
	where := fmt.Sprintf("waves.%d", number)
	fields := r.fields(n, fmt.Sprintf("wave %d", number), r.keys("image", "previous")...)
	if fields == nil {
		return Wave{}
	}
	return Wave{
		Number:   number,
		Version:  r.images(fields, where, false),
		Previous: r.version(fields["previous"], where+".previous", true),
	}
}

// keys adds that of the model where there is one.
func (r *reader) keys(names ...string) []string {
	if r.model {
		return append(names, "model")
	}
	return names
}

func (r *reader) version(n *yaml.Node, where string, empty bool) Version {
	return r.images(r.fields(n, where, r.keys("image")...), where, empty)
}

func (r *reader) images(fields map[string]*yaml.Node, where string, empty bool) Version {
	return Version{r.image(fields["image"], where+".image", empty), r.image(fields["model"], where+".model", empty)}
}

func (r *reader) site(n *yaml.Node) Site {
	fields := r.fields(n, "a site", "name", "wave", "arch", "memory", "labels?")
	if fields == nil {
		return Site{}
	}
	site := Site{
		Name:   r.word(fields["name"], "the name of a site", label, "of lower-case letters, digits and inner hyphens, 40 at most"),
		Wave:   r.number(fields["wave"], "wave", len(r.fleet.Waves)),
		Arch:   r.word(fields["arch"], "arch", arch, "amd64, arm64 or arm"),
		Memory: r.word(fields["memory"], "memory", label, "one of the sizes under memory"),
		Labels: r.words(fields["labels"], "labels", key, value, "a label's value"),
	}
	if site.Memory != "" && r.fleet.Memory[site.Memory] == "" {
		r.fail(fields["memory"], "memory %s is none of the sizes under memory", site.Memory)
	}
	return site
}

func (r *reader) gate(n *yaml.Node) Gate {
	if n.Kind == yaml.ScalarNode {
		r.word(n, "gate", person, "person, or prometheus with a query")
		return Gate{}
	}
	fields := r.fields(n, "gate", "prometheus", "query")
	return Gate{
		r.word(fields["prometheus"], "prometheus", address, "an address such as http://prometheus.monitoring:9090"),
		r.word(fields["query"], "query", anything, "a query"),
	}
}

// image returns the name of an image whose tag does not move, and remembers its place.
func (r *reader) image(n *yaml.Node, where string, empty bool) string {
	if n == nil || empty && n.Kind == yaml.ScalarNode && n.Value == "" && r.place(n, where) {
		return ""
	}
	name := r.word(n, where, reference, "name:tag or name:tag@sha256:...")
	if name != "" && (!strings.Contains(name, "@") && !fixed.MatchString(name) || strings.HasSuffix(name, "-dirty")) {
		r.fail(n, "%s: the tag of %s may move: take a version such as v1.2.0, a commit, or add the digest", where, name)
	}
	r.place(n, where)
	return name
}

// place remembers where a value stands. It has to stand there as it is, or as it is in quotes, to be edited in place.
func (r *reader) place(n *yaml.Node, where string) bool {
	r.fleet.places[where] = n
	if n.Kind == yaml.ScalarNode && !strings.HasPrefix(rest(r.fleet.text, n), token(n, n.Value)) {
		r.fail(n, "%s: write it on one line, without a tag or an anchor", where)
	}
	return true
}

func (r *reader) number(n *yaml.Node, what string, most int) int {
	number, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || number < 1 || number > most {
		r.fail(n, "%s is not a number from 1 to %d", what, most)
		return 0
	}
	return number
}

func (r *reader) word(n *yaml.Node, what string, pattern *regexp.Regexp, rule string) string {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || !pattern.MatchString(n.Value) {
		r.fail(n, "%s: %q is not %s", what, n.Value, rule)
		return ""
	}
	return n.Value
}

func (r *reader) words(n *yaml.Node, what string, key, value *regexp.Regexp, rule string) map[string]string {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s is not a mapping", what)
		return nil
	}
	words := map[string]string{}
	for i := 0; i < len(n.Content); i += 2 {
		name := r.word(n.Content[i], what, key, "a name of lower-case letters, digits and hyphens")
		if _, twice := words[name]; twice {
			r.fail(n.Content[i], "%s is there twice", name)
		}
		words[name] = r.word(n.Content[i+1], name, value, rule)
	}
	return words
}

func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.fail(n, "%s is not a list of at least one", what)
		return nil
	}
	return n.Content
}

// fields returns the values of a mapping that has exactly these keys; those that end in a question mark may be absent.
func (r *reader) fields(n *yaml.Node, what string, keys ...string) map[string]*yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		r.fail(n, "%s is not a mapping of %s", what, strings.ReplaceAll(strings.Join(keys, ", "), "?", ""))
		return nil
	}
	before := len(r.errs)
	fields := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		at := n.Content[i]
		if !slices.Contains(keys, at.Value) && !slices.Contains(keys, at.Value+"?") {
			r.fail(at, "%s has no %q", what, at.Value)
		}
		if fields[at.Value] != nil {
			r.fail(at, "%s is there twice", at.Value)
		}
		fields[at.Value] = n.Content[i+1]
	}
	for _, key := range keys {
		if fields[key] == nil && !strings.HasSuffix(key, "?") {
			r.fail(n, "%s lacks %s", what, key)
		}
	}
	if len(r.errs) > before {
		return nil
	}
	return fields
}

func find(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return nil
}
