// Package summary is the example: what the function makes of an upload. This file is yours: no update touches it.
package summary

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"<< cookiecutter.module >>/internal/deps"
)

// Summary is what is said of a text.
type Summary struct {
	Bytes  int64  `json:"bytes"`
	Lines  int64  `json:"lines"`
	SHA256 string `json:"sha256"`
}

// Permanent is an error that no further delivery can mend: the event goes to the dead letters. Any other is tried again.
type Permanent struct{ error }

// Of reads a text of any length in little memory.
func Of(_ context.Context, _ *deps.Deps, text io.Reader) (made Summary, err error) {
	sum := sha256.New()
	reader := bufio.NewReader(io.TeeReader(text, sum))
	for {
		r, size, err := reader.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			made.SHA256 = hex.EncodeToString(sum.Sum(nil))
			return made, nil
		case err != nil:
			return Summary{}, err
		case r == utf8.RuneError && size == 1:
			if _, err := reader.Peek(utf8.UTFMax); err != nil && !errors.Is(err, io.EOF) {
				return Summary{}, err // half a character, since the rest did not come
			}
			return Summary{}, Permanent{fmt.Errorf("byte %d is not UTF-8 text", made.Bytes)}
		case r == '\n':
			made.Lines++
		}
		made.Bytes += int64(size)
	}
}
