package sites

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// edited returns the fleet with other values at some places. Only these are written: all else, comments included, stays
// as it was.
func (f *Fleet) edited(values map[string]string) (*Fleet, error) {
	type edit struct {
		at   *yaml.Node
		text string
	}
	var edits []edit
	for where, text := range values {
		edits = append(edits, edit{f.places[where], text})
	}
	// From the end, so that what is still to do stays where it is.
	slices.SortFunc(edits, func(a, b edit) int {
		return (b.at.Line-a.at.Line)*100_000 + b.at.Column - a.at.Column
	})
	text := f.text
	for _, e := range edits {
		start := len(text) - len(rest(text, e.at))
		end := start + len(token(e.at, e.at.Value))
		text = slices.Concat(text[:start], []byte(token(e.at, e.text)), text[end:])
	}
	after, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("nothing is changed, since it would leave an impossible file: %w", err)
	}
	for where, n := range after.places {
		want, changed := values[where]
		if !changed {
			want = f.places[where].Value
		}
		if n.Value != want {
			return nil, fmt.Errorf("%s:%d: %s cannot be edited in place", File, n.Line, where)
		}
	}
	return after, nil
}

// rest returns the text from a value on.
func rest(text []byte, n *yaml.Node) string {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if n.Line < 1 || n.Line > len(lines) {
		return ""
	}
	before := len(bytes.Join(lines[:n.Line-1], nil))
	runes := []rune(string(lines[n.Line-1]))
	if n.Column < 1 || n.Column > len(runes) {
		return ""
	}
	return string(text[before+len(string(runes[:n.Column-1])):])
}

// token returns a value as it would be written in the place of another, in quotes where that is.
func token(n *yaml.Node, text string) string {
	switch {
	case n.Style&yaml.SingleQuotedStyle != 0:
		return "'" + text + "'"
	case n.Style&yaml.DoubleQuotedStyle != 0 || text == "":
		return `"` + text + `"`
	}
	return text
}

// difference returns the lines that differ, with the name of the file before them.
func difference(name, before, after string) string {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	var out strings.Builder
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for len(old) > 0 && len(now) > 0 && old[len(old)-1] == now[len(now)-1] {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	if len(old) == len(now) {
		for i := range old {
			if old[i] != now[i] {
				fmt.Fprintf(&out, "-%s\n+%s\n", old[i], now[i])
			}
		}
	} else {
		for _, line := range old {
			fmt.Fprintf(&out, "-%s\n", line)
		}
		for _, line := range now {
			fmt.Fprintf(&out, "+%s\n", line)
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return name + "\n" + out.String()
}
