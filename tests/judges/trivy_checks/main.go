// Command trivy prints what Trivy's own checks find in each folder named, of Dockerfiles and of manifests: a line of JSON
// for each finding, and one for each folder with how much passed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes"
)

// said is a finding, or how many checks passed in a folder.
type said struct {
	Folder string `json:"folder"`
	Path   string `json:"path"`
	Line   int    `json:"line"`
	ID     string `json:"id"`
	Text   string `json:"text"`
	Passed int    `json:"passed"`
}

// scanner reads the files of a folder of some file system.
type scanner interface {
	ScanFS(ctx context.Context, fsys fs.FS, folder string) (scan.Results, error)
}

func main() {
	out := json.NewEncoder(os.Stdout)
	// Made once, since it takes a second to read all checks.
	scanners := map[string]scanner{
		"images":    dockerfile.NewScanner(rego.WithEmbeddedPolicies(true), rego.WithEmbeddedLibraries(true)),
		"manifests": kubernetes.NewScanner(rego.WithEmbeddedPolicies(true), rego.WithEmbeddedLibraries(true)),
	}
	for _, folder := range os.Args[1:] {
		passed := 0
		for part, scanner := range scanners {
			results, err := scanner.ScanFS(context.Background(), os.DirFS(folder), part)
			if err != nil {
				fmt.Fprintln(os.Stderr, folder, err)
				os.Exit(1)
			}
			passed += len(results.GetPassed())
			for _, result := range results.GetFailed() {
				where, rule := result.Metadata().Range(), result.Rule()
				say(out, said{folder, where.GetFilename(), where.GetStartLine(), rule.ID, result.Description(), 0})
			}
		}
		say(out, said{Folder: folder, Passed: passed})
	}
}

func say(out *json.Encoder, line said) {
	if err := out.Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
