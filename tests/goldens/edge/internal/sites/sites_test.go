package sites

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const file = `# Comments stay.
release: {image: "r.io/app:v1.2.0"} # next
quorum: 90
gate: person
memory: {small: 48Mi, large: 96Mi}
waves:
  - image: r.io/app:v0.1.0 # first
    previous: {image: ""}
  - image: 'r.io/app:v0.1.0'
    previous: {image: ""}
sites:
  - {name: tokyo, wave: 2, arch: arm64, memory: small}
  - {name: kyoto, wave: 1, arch: amd64, memory: small}
  - {name: osaka, wave: 2, arch: arm, memory: large, labels: {country: jp}}
`

const base = `apiVersion: v1
kind: Service
metadata: {name: app, namespace: app}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: app, labels: {app: app}, annotations: {}}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  strategy: {rollingUpdate: {maxSurge: 0}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
        - name: app
          image: app
          env:
            - {name: APP_CPU_REQUEST, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
          resources: {requests: {cpu: 25m, memory: 48Mi}, limits: {memory: 48Mi}}
`

// repository is a folder with the file, and a kubectl that knows the pods of each site.
func repository(t *testing.T, text string) (Tool, *strings.Builder, map[string]string) {
	t.Helper()
	out, images := &strings.Builder{}, map[string]string{}
	tool := Tool{Dir: t.TempDir(), Out: out, Kubectl: func(_ context.Context, args ...string) ([]byte, error) {
		if args[0] == "kustomize" {
			return []byte(base), nil
		}
		return json.Marshal(map[string]any{"items": pods(images)})
	}}
	if err := os.MkdirAll(filepath.Join(tool.Dir, "deploy"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tool.Dir, File), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return tool, out, images
}

// pods are ready, one at each site; an image that ends in a ! is on its way out.
func pods(images map[string]string) []any {
	items := []any{}
	for site, image := range images {
		metadata := map[string]any{}
		if strings.HasSuffix(image, "!") {
			metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
		}
		items = append(items, map[string]any{
			"metadata": metadata,
			"spec": map[string]any{"containers": []any{map[string]any{
				"name": "app", "image": strings.TrimSuffix(image, "!"),
				"env": []any{map[string]any{"name": "APP_SITE", "value": site}},
			}}},
			"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}},
		})
	}
	return items
}

func refused(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Fatalf("want an error with %q, got %v", words, err)
	}
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, tool Tool, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tool.Dir, name))
	done(t, err)
	return string(text)
}

func TestAnImpossibleFileIsRefusedWithItsLine(t *testing.T) {
	for _, c := range []struct{ old, now, words string }{
		{"quorum: 90", "quorum: 101", ":3: quorum is not a number from 1 to 100"},
		{"gate: person", "gate: nobody", ":4: gate: \"nobody\" is not person"},
		{"gate: person", "gate: {prometheus: x, query: up}", ":4: prometheus: \"x\" is not an address"},
		{"large: 96Mi", "large: 96M", ":5: large: \"96M\" is not an amount"},
		{"image: r.io/app:v0.1.0 #", "image: r.io/app:latest #", ":7: waves.1.image: the tag of r.io/app:latest may move"},
		{"image: r.io/app:v0.1.0 #", "image: r.io/app:v0.1.0-dirty #", ":7: waves.1.image: the tag"},
		{"image: r.io/app:v0.1.0 #", "image: &a r.io/app:v0.1.0 #", ":7: waves.1.image: write it on one line"},
		{"image: r.io/app:v0.1.0 #", "image: r.io/app #", ":7: waves.1.image: \"r.io/app\" is not name:tag"},
		{"    previous: {image: \"\"}\n  -", "  -", ":7: wave 1 lacks previous"},
		{"name: osaka", "name: tokyo", ":14: there are two sites tokyo"},
		{"name: osaka", "name: Osaka", ":14: the name of a site: \"Osaka\""},
		{"name: kyoto, wave: 1", "name: kyoto, wave: 2", ":7: wave 1 has no site"},
		{"name: kyoto, wave: 1", "name: kyoto, wave: 3", ":13: wave is not a number from 1 to 2"},
		{"arch: arm,", "arch: mips,", ":14: arch: \"mips\" is not amd64, arm64 or arm"},
		{"memory: large", "memory: huge", ":14: memory huge is none of the sizes"},
		{"memory: large", "mem: large", ":14: a site has no \"mem\""},
		{"country: jp", "country: jp, country: kr", ":14: country is there twice"},
		{"sites:", "sites: []\nothers:", ":1"},
	} {
		_, err := Parse([]byte(strings.Replace(file, c.old, c.now, 1)))
		refused(t, err, c.words)
	}
	if _, err := Parse([]byte(file)); err != nil {
		t.Fatal(err)
	}
}

func TestAWaveChangesItsValuesAndNothingElse(t *testing.T) {
	tool, out, _ := repository(t, file)
	done(t, tool.Wave(t.Context(), 1, false))
	want := strings.Replace(file, "image: r.io/app:v0.1.0 # first\n    previous: {image: \"\"}",
		"image: r.io/app:v1.2.0 # first\n    previous: {image: \"r.io/app:v0.1.0\"}", 1)
	if got := read(t, tool, File); got != want {
		t.Fatalf("got\n%s", got)
	}
	if !strings.Contains(out.String(), "-  - image: r.io/app:v0.1.0 # first\n+  - image: r.io/app:v1.2.0 # first\n") {
		t.Fatalf("no difference in\n%s", out)
	}
	if text := read(t, tool, Folder+"/wave-1.yaml"); !strings.Contains(text, "image: r.io/app:v1.2.0\n") {
		t.Fatalf("the manifest has another image:\n%s", text)
	}
	done(t, tool.Check(t.Context()))
}

func TestAWaveWaitsForTheOneBefore(t *testing.T) {
	tool, out, images := repository(t, file)
	refused(t, tool.Wave(t.Context(), 2, true), "wave 1 does not have the release yet: make wave N=1")
	done(t, tool.Wave(t.Context(), 1, false))
	for _, image := range []string{"r.io/app:v0.1.0", "r.io/app:v1.2.0!"} {
		images["kyoto"] = image
		refused(t, tool.Wave(t.Context(), 2, true), "wave 1 is not done: 0 of 1 sites are ready, and 90 % have to be")
	}
	images["kyoto"] = "r.io/app:v1.2.0"
	refused(t, tool.Wave(t.Context(), 2, false), "OK=yes")
	done(t, tool.Wave(t.Context(), 2, true))
	out.Reset()
	images["tokyo"] = "r.io/app:v1.2.0"
	done(t, tool.Status(t.Context()))
	if got := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(got, "2 1/2 no r.io/app:v1.2.0 osaka") {
		t.Fatalf("got %s", got)
	}
	refused(t, tool.Wave(t.Context(), 3, true), "there is no wave 3")
}

func TestStragglersBeyondTheQuorumHoldNobodyUp(t *testing.T) {
	fleet := &Fleet{Quorum: 90}
	for _, c := range []struct {
		late, all int
		want      bool
	}{{0, 1, true}, {1, 9, false}, {1, 10, true}, {2, 12, false}, {1, 12, true}} {
		if got := fleet.quorum(c.late, c.all); got != c.want {
			t.Errorf("%d late of %d: %v", c.late, c.all, got)
		}
	}
}

func TestARollbackPutsAWaveBackOnce(t *testing.T) {
	tool, _, _ := repository(t, file)
	refused(t, tool.Rollback(t.Context(), 1), "wave 1 has nothing to go back to")
	done(t, tool.Wave(t.Context(), 1, false))
	done(t, tool.Rollback(t.Context(), 1))
	if got := read(t, tool, File); got != file {
		t.Fatalf("got\n%s", got)
	}
}

func TestWhatWasEditedByHandIsKeptAndNamed(t *testing.T) {
	tool, _, _ := repository(t, file)
	done(t, tool.Check(t.Context()))
	done(t, tool.Render(t.Context()))
	name := filepath.Join(tool.Dir, Folder, "wave-1.yaml")
	text := read(t, tool, Folder+"/wave-1.yaml")
	done(t, os.WriteFile(name, []byte(text+"# mine\n"), 0o644))
	for _, err := range []error{
		tool.Check(t.Context()), tool.Render(t.Context()), tool.Wave(t.Context(), 1, false),
	} {
		refused(t, err, Folder+"/wave-1.yaml was edited by hand: make the change in deploy/sites.yaml or in deploy/edge")
	}
	if read(t, tool, File) != file || !strings.HasSuffix(read(t, tool, Folder+"/wave-1.yaml"), "# mine\n") {
		t.Fatal("something was written nevertheless")
	}
}

func TestWhatIsNotWrittenAnewIsNamed(t *testing.T) {
	tool, out, _ := repository(t, file)
	done(t, tool.Render(t.Context()))
	few := strings.Replace(file, "name: kyoto, wave: 1", "name: kyoto, wave: 1, labels: {a: b}", 1)
	few = strings.Replace(few, "small: 48Mi", "small: 50Mi", 1)
	done(t, os.WriteFile(filepath.Join(tool.Dir, File), []byte(few), 0o644))
	refused(t, tool.Check(t.Context()), "is not what deploy/sites.yaml and deploy/edge say: run make sites")
	done(t, os.WriteFile(filepath.Join(tool.Dir, Folder, "wave-3.yaml"), []byte(read(t, tool, Folder+"/wave-1.yaml")), 0o644))
	out.Reset()
	done(t, tool.Render(t.Context()))
	if !strings.Contains(out.String(), Folder+"/wave-3.yaml is gone") {
		t.Fatalf("got %s", out)
	}
	done(t, tool.Check(t.Context()))
}

func TestTheReleaseIsNamedInTheFile(t *testing.T) {
	tool, _, _ := repository(t, file)
	refused(t, tool.Release(t.Context(), "model", "r.io/m:v1.2.0"), "has no release.model")
	refused(t, tool.Release(t.Context(), "image", "r.io/app:latest"), "nothing is changed")
	done(t, tool.Release(t.Context(), "image", "r.io/app:latest@sha256:"+strings.Repeat("0a", 32)))
	if !strings.Contains(read(t, tool, File), `{image: "r.io/app:latest@sha256:0a`) {
		t.Fatal("it is not there")
	}
}

func TestTheGateSaysYesOnlyToSomethingThatIsNotZero(t *testing.T) {
	for answer, words := range map[string]string{
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"0.02"]}]}}`: "",
		`{"status":"success","data":{"resultType":"vector","result":[]}}`:                     "finds nothing",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"0"]}]}}`:    "finds 0",
		`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"NaN"]}]}}`:  "finds NaN",
		`{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`:                "gives a scalar",
		`{"status":"error","error":"parse error"}`:                                            "parse error",
		`gateway timeout`: "no JSON",
	} {
		var asked string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Query().Get("query")
			_, _ = fmt.Fprint(w, answer)
		}))
		err := Gate{server.URL, `up{site=~"$sites"}`}.ask(t.Context(), []string{"kyoto", "osaka"})
		server.Close()
		if words == "" {
			done(t, err)
		} else {
			refused(t, err, words)
		}
		if asked != `up{site=~"kyoto|osaka"}` {
			t.Fatalf("asked %s", asked)
		}
		refused(t, Gate{server.URL, "up"}.ask(t.Context(), nil), "does not answer")
	}
}
