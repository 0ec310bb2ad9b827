// Command database writes a database for Grype into a folder: one advisory, of a Go module that is mended in a version.
package main

import (
	"fmt"
	"os"
	"time"

	v6 "github.com/anchore/grype/grype/db/v6"
)

func main() {
	if err := write(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write makes the database; the severity is a word such as high.
func write(folder, module, mended, severity string) error {
	writer, err := v6.NewWriter(v6.Config{DBDirPath: folder})
	if err != nil {
		return err
	}
	now := time.Now()
	provider := &v6.Provider{ID: "github", Version: "1", Processor: "hand", DateCaptured: &now, InputDigest: "x"}
	advisory := &v6.VulnerabilityHandle{
		Name: "GHSA-made-by-hand", Status: v6.VulnerabilityActive, PublishedDate: &now, ModifiedDate: &now,
		ProviderID: "github", Provider: provider,
		BlobValue: &v6.VulnerabilityBlob{
			ID: "GHSA-made-by-hand", Description: "made by hand",
			Severities: []v6.Severity{{Scheme: v6.SeveritySchemeCHML, Value: severity, Rank: 1}},
		},
	}
	affected := v6.Range{
		Version: v6.Version{Type: "go", Constraint: "<" + mended},
		Fix:     &v6.Fix{Version: mended, State: v6.FixedStatus},
	}
	for _, add := range []func() error{
		func() error { return writer.AddProvider(*provider) },
		func() error { return writer.AddVulnerabilities(advisory) },
		func() error {
			return writer.AddAffectedPackages(&v6.AffectedPackageHandle{
				Vulnerability: advisory, Package: &v6.Package{Ecosystem: "go-module", Name: module},
				BlobValue: &v6.PackageBlob{Ranges: []v6.Range{affected}},
			})
		},
		writer.SetDBMetadata,
		writer.Close,
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}
