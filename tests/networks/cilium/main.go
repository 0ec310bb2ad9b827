// Command cilium prints what Cilium's own library makes of each CiliumNetworkPolicy named, one JSON object a line: how
// many rules it has, or why it is refused.
package main

import (
	"encoding/json"
	"log/slog"
	"os"

	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	"sigs.k8s.io/yaml"
)

// said is what the library makes of a policy.
type said struct {
	Rules   int    `json:"rules"`
	Refused string `json:"refused"`
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		if err := out.Encode(judge(path)); err != nil {
			panic(err)
		}
	}
}

func judge(path string) said {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	var policy v2.CiliumNetworkPolicy
	if err := yaml.UnmarshalStrict(text, &policy); err != nil {
		return said{Refused: err.Error()}
	}
	// Cilium's agent does the same with what the API server hands it.
	rules, err := policy.Parse(slog.New(slog.DiscardHandler), "cluster")
	if err != nil {
		return said{Refused: err.Error()}
	}
	return said{Rules: len(rules)}
}
