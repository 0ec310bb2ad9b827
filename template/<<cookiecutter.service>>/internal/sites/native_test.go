package sites

import "testing"

func TestEachSiteIsADeploymentOfItsWave(t *testing.T) {
	fleet, err := Parse([]byte(file))
	done(t, err)
	b, err := ReadBase([]byte(base))
	done(t, err)
	files, err := fleet.render(b)
	done(t, err)
	if len(files["wave-1.yaml"]) != 1 || len(files["wave-2.yaml"]) != 2 {
		t.Fatalf("got %v", files)
	}
	osaka := files["wave-2.yaml"][0]
	if child(osaka, "metadata")["name"] != "app-osaka" {
		t.Fatalf("got %v", osaka)
	}
	if child(b.container(osaka), "resources", "limits")["memory"] != "96Mi" {
		t.Fatalf("got %v", b.container(osaka))
	}
}
