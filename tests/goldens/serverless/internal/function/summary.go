package function

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"unicode/utf8"
)

// summary is what is said of a text.
type summary struct {
	Bytes  int64  `json:"bytes"`
	Lines  int64  `json:"lines"`
	SHA256 string `json:"sha256"`
}

// summarize reads a text of any length in little memory.
func summarize(text io.Reader) (made summary, err error) {
	sum := sha256.New()
	reader := bufio.NewReader(io.TeeReader(text, sum))
	for {
		r, size, err := reader.ReadRune()
		switch {
		case errors.Is(err, io.EOF):
			made.SHA256 = hex.EncodeToString(sum.Sum(nil))
			return made, nil
		case err != nil:
			return summary{}, err
		case r == utf8.RuneError && size == 1:
			if _, err := reader.Peek(utf8.UTFMax); err != nil && !errors.Is(err, io.EOF) {
				return summary{}, err // half a character, since the rest did not come
			}
			return summary{}, permanent("byte %d is not UTF-8 text", made.Bytes)
		case r == '\n':
			made.Lines++
		}
		made.Bytes += int64(size)
	}
}
