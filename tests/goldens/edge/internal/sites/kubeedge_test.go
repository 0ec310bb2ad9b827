package sites

import "testing"

func TestEachWaveIsAnEdgeApplicationWithAGroupForEachSite(t *testing.T) {
	fleet, err := Parse([]byte(file))
	done(t, err)
	b, err := ReadBase([]byte(base))
	done(t, err)
	files, err := fleet.render(b)
	done(t, err)
	spec := child(files["wave-2.yaml"][0], "spec")
	groups := child(spec, "workloadScope")["targetNodeGroups"].([]any)
	if len(groups) != 2 || groups[0].(Object)["name"] != "osaka" || groups[1].(Object)["name"] != "tokyo" {
		t.Fatalf("got %v", groups)
	}
	w := child(spec, "workloadTemplate")["manifests"].([]any)[0].(Object)
	if _, there := child(w, "spec", "template", "spec")["nodeSelector"]; there {
		t.Fatal("KubeEdge would replace the nodeSelector")
	}
	env := b.container(w)["env"].([]any)[0].(Object)
	if child(env, "valueFrom", "resourceFieldRef")["containerName"] != "app" {
		t.Fatal("an env overrider would drop the reference")
	}
	if len(files["nodegroups.yaml"]) != 3 || len(files["prepull/wave-1.yaml"]) != 1 {
		t.Fatalf("got %v", files)
	}
}
