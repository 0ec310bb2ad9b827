package sites

import "testing"

func TestEachSiteIsADaemonSetThatTheSiteUpgrades(t *testing.T) {
	fleet, err := Parse([]byte(file))
	done(t, err)
	b, err := ReadBase([]byte(base))
	done(t, err)
	files, err := fleet.render(b)
	done(t, err)
	osaka := files["wave-2.yaml"][0]
	if osaka["kind"] != "DaemonSet" || child(osaka, "metadata")["name"] != "app-osaka" {
		t.Fatalf("got %v", osaka)
	}
	if child(osaka, "spec", "updateStrategy")["type"] != "OnDelete" {
		t.Fatal("the annotation would have no effect")
	}
	for _, field := range []string{"replicas", "strategy"} {
		if _, there := child(osaka, "spec")[field]; there {
			t.Fatalf("a DaemonSet has no %s", field)
		}
	}
}
