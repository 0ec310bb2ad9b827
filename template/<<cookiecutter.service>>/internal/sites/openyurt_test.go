package sites

import "testing"

func TestEachWaveIsAYurtAppSetWithATweakForEachSite(t *testing.T) {
	fleet, err := Parse([]byte(file))
	done(t, err)
	b, err := ReadBase([]byte(base))
	done(t, err)
	files, err := fleet.render(b)
	done(t, err)
	workload := child(files["wave-2.yaml"][0], "spec", "workload")
	tweaks := workload["workloadTweaks"].([]any)
	if len(tweaks) != 2 || tweaks[0].(Object)["pools"].([]any)[0] != "osaka" {
		t.Fatalf("got %v", tweaks)
	}
	patches := child(tweaks[0].(Object), "tweaks")["patches"].([]any)
	if last := patches[2].(Object); last["value"] != "96Mi" {
		t.Fatalf("got %v", last)
	}
	if len(files["nodepools.yaml"]) != 3 {
		t.Fatalf("got %v", files["nodepools.yaml"])
	}
}
