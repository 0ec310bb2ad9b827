package sites

import "fmt"

// Folder is where the manifests are written.
const Folder = "deploy/openyurt"

// render returns the objects of every file: for each site a NodePool and a DaemonSet. Its pods are upgraded by the site,
// with hack/ota.sh, and never by the DaemonSet's own controller.
func (f *Fleet) render(b *Base) (map[string][]Object, error) {
	files := map[string][]Object{"common.yaml": b.Others, "nodepools.yaml": f.nodePools()}
	for _, wave := range f.Waves {
		name := fmt.Sprintf("wave-%d.yaml", wave.Number)
		for _, site := range f.of(wave.Number) {
			w, err := b.at(f, wave, site)
			if err != nil {
				return nil, err
			}
			files[name] = append(files[name], overTheAir(w, site))
		}
	}
	return files, nil
}

func overTheAir(w Object, s Site) Object {
	w["kind"] = "DaemonSet"
	child(w, "metadata", "annotations")["apps.openyurt.io/update-strategy"] = "OTA"
	spec := child(w, "spec")
	for _, field := range []string{"replicas", "strategy", "progressDeadlineSeconds"} {
		delete(spec, field)
	}
	// Without it the annotation has no effect.
	spec["updateStrategy"] = Object{"type": "OnDelete"}
	child(spec, "template", "spec")["nodeSelector"] = Object{
		"apps.openyurt.io/nodepool": s.Name,
		"kubernetes.io/arch":        s.Arch,
	}
	return w
}
