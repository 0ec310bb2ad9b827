// Command buildkit prints what `docker build --check` says of each Dockerfile that is named, one finding a line.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	digest "github.com/opencontainers/go-digest"
)

// offline answers for every base image as if it had no settings, since a check must not need a registry.
type offline struct{}

func (offline) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, "", []byte("{}"), nil
}

func main() {
	for _, path := range os.Args[1:] {
		source, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		report(path, source)
	}
}

func report(path string, source []byte) {
	found, err := dockerfile2llb.DockerfileLint(context.Background(), source, dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{},
		SourceMap:    &llb.SourceMap{Definition: &llb.Definition{}, Filename: path, Data: source},
		MetaResolver: offline{},
	})
	if err != nil {
		fmt.Printf("%s: %v\n", path, err)
		return
	}
	for _, warning := range found.Warnings {
		fmt.Printf("%s:%d: %s: %s\n", path, warning.Location.Ranges[0].Start.Line, warning.RuleName, warning.Detail)
	}
	if found.Error != nil {
		fmt.Printf("%s: %s\n", path, found.Error.Message)
	}
}
