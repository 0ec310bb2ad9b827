//go:build tools

// Package kyverno names Kyverno's command line, so that go.mod keeps what it needs.
package kyverno

import _ "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"
