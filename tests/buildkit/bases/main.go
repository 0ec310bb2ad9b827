// Command bases prints what the Dockerfile frontend makes of each Dockerfile that it is given, as a JSON string a line:
// the syntax, and the images that its stages start from. What the frontend refuses has only the reason.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// builtIn are the arguments that are there without ARG, as dockerfile2llb sets them for this platform.
var builtIn = []string{
	"BUILDPLATFORM=linux/amd64", "BUILDOS=linux", "BUILDOSVERSION=", "BUILDARCH=amd64", "BUILDVARIANT=",
	"TARGETPLATFORM=linux/amd64", "TARGETOS=linux", "TARGETOSVERSION=", "TARGETARCH=amd64", "TARGETVARIANT=",
}

type outcome struct {
	Syntax  string   `json:"syntax"`
	Images  []string `json:"images"`
	Refused string   `json:"refused"`
}

func main() {
	in, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var source string
		if err := json.Unmarshal(line, &source); err != nil {
			panic(err)
		}
		found, err := read([]byte(source))
		if err != nil {
			found = outcome{Refused: err.Error()}
		}
		if err := out.Encode(found); err != nil {
			panic(err)
		}
	}
}

// read follows dockerfile2llb: arguments from above the first stage, and of the names before, whatever their case.
func read(source []byte) (outcome, error) {
	parsed, err := parser.Parse(bytes.NewReader(source))
	if err != nil {
		return outcome{}, err
	}
	stages, arguments, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{}))
	if err != nil {
		return outcome{}, err
	}
	if len(stages) == 0 {
		return outcome{}, errors.New("no stages")
	}
	lex, values := shell.NewLex(parsed.EscapeToken), append([]string{}, builtIn...)
	for _, command := range arguments {
		for _, pair := range command.Args {
			if pair.Value == nil {
				continue
			}
			value, _, err := lex.ProcessWord(*pair.Value, shell.EnvsFromSlice(values))
			if err != nil {
				return outcome{}, err
			}
			values = append(values, pair.Key+"="+value)
		}
	}
	found, names := outcome{Images: []string{}}, map[string]bool{"scratch": true}
	for _, stage := range stages {
		base, _, err := lex.ProcessWord(stage.BaseName, shell.EnvsFromSlice(values))
		if err != nil {
			return outcome{}, err
		}
		if base == "" {
			return outcome{}, errors.New("no base name")
		}
		if !names[base] {
			found.Images = append(found.Images, base)
		}
		if stage.Name != "" {
			names[strings.ToLower(stage.Name)] = true
		}
	}
	found.Syntax, _, _, _ = parser.DetectSyntax(source)
	return found, nil
}
