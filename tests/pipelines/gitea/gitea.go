//go:build tools

// Package gitea names the program of Gitea, so that go.mod keeps what it needs.
package gitea

import (
	_ "code.gitea.io/gitea"
)
