// Command trivy prints what Trivy's own checks find in each folder named, of Dockerfiles and of manifests: a line of JSON
// for each finding, and one for each folder with how much passed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes"
)

// said is a finding, or how many checks passed in a folder.
type said struct {
	Path   string `json:"path"`
	Line   int    `json:"line"`
	ID     string `json:"id"`
	Text   string `json:"text"`
	Passed int    `json:"passed"`
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, folder := range os.Args[1:] {
		passed, err := judge(folder, out)
		if err == nil {
			err = out.Encode(said{Path: folder, Passed: passed})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, folder, err)
			os.Exit(1)
		}
	}
}

// judge prints what is found in a folder, and counts what is not.
func judge(folder string, out *json.Encoder) (int, error) {
	passed, root := 0, os.DirFS(folder)
	embedded := []func() (scan.Results, error){
		func() (scan.Results, error) {
			return dockerfile.NewScanner(rego.WithEmbeddedPolicies(true), rego.WithEmbeddedLibraries(true)).
				ScanFS(context.Background(), root, "images")
		},
		func() (scan.Results, error) {
			return kubernetes.NewScanner(rego.WithEmbeddedPolicies(true), rego.WithEmbeddedLibraries(true)).
				ScanFS(context.Background(), root, "manifests")
		},
	}
	for _, each := range embedded {
		results, err := each()
		if err != nil {
			return 0, err
		}
		passed += len(results.GetPassed())
		for _, result := range results.GetFailed() {
			where := result.Metadata().Range()
			finding := said{
				Path: filepath.Join(folder, where.GetFilename()),
				Line: where.GetStartLine(),
				ID:   result.Rule().AVDID,
				Text: result.Description(),
			}
			if err := out.Encode(finding); err != nil {
				return 0, err
			}
		}
	}
	return passed, nil
}
