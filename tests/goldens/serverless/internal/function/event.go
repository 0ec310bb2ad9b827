package function

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Event is a CloudEvent whose data is JSON.
type Event struct {
	ID, Source, Type string

	Subject    string
	Extensions map[string]string
	Data       json.RawMessage
}

// Escape writes a value of an attribute as a header may have it: printable ASCII without space, quote and percent.
func Escape(value string) string {
	var out strings.Builder
	for _, b := range []byte(value) {
		if b > ' ' && b < 0x7f && b != '"' && b != '%' {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}
