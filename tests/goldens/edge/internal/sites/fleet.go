// Package sites turns deploy/sites.yaml and deploy/edge into the manifests of every site, and brings
// releases to the sites in waves.
package sites

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// File is the only file that people edit for sites and releases.
const File = "deploy/sites.yaml"

// Fleet is what the file says.
type Fleet struct {
	Release Version
	Quorum  int // percent of a wave's sites
	Gate    Gate
	Memory  map[string]string // by the size of the box
	Waves   []Wave
	Sites   []Site // by name

	text   []byte
	places map[string]*yaml.Node // of the values that releases change
}

// Version is what a site runs. Model is empty where the service carries none.
type Version struct{ Image, Model string }

// ModelVersion is the tag of the model's image.
func (v Version) ModelVersion() string {
	name, _, _ := strings.Cut(v.Model, "@")
	return name[strings.LastIndex(name, ":")+1:]
}

// Wave is a group of sites that get a release together.
type Wave struct {
	Number   int
	Version  Version
	Previous Version // empty: nothing to go back to
}

// Site is a place with nodes of its own.
type Site struct {
	Name   string
	Wave   int
	Arch   string
	Memory string
	Labels map[string]string
}

// Gate says who lets the next wave begin: a person where it is empty.
type Gate struct{ Prometheus, Query string }

// Parse reads the file. Whatever is impossible is said with its line.
func Parse(text []byte) (*Fleet, error) {
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: one document, and nothing behind it", File)
	}
	f := &Fleet{text: text, places: map[string]*yaml.Node{}}
	r := reader{fleet: f}
	r.all(document.Content[0])
	if r.errs != nil {
		return nil, errors.Join(r.errs...)
	}
	return f, nil
}

// of returns the sites of a wave.
func (f *Fleet) of(wave int) []Site {
	return slices.DeleteFunc(slices.Clone(f.Sites), func(s Site) bool { return s.Wave != wave })
}
