package sites

import "fmt"

// Folder is where the manifests are written.
const Folder = "deploy/openyurt"

// render returns the objects of every file: for each site a NodePool, for each wave a YurtAppSet.
func (f *Fleet) render(b *Base) (map[string][]Object, error) {
	files := map[string][]Object{"common.yaml": b.Others, "nodepools.yaml": f.nodePools()}
	for _, wave := range f.Waves {
		w, err := b.workload(wave.Version)
		if err != nil {
			return nil, err
		}
		files[fmt.Sprintf("wave-%d.yaml", wave.Number)] = []Object{f.set(b, wave, w)}
	}
	return files, nil
}

// set has the wave's image in its template; the sites differ in their tweaks, of which each has to be valid by itself.
func (f *Fleet) set(b *Base, wave Wave, w Object) Object {
	name := fmt.Sprintf("%s-wave-%d", b.Name, wave.Number)
	rename(w, name, "wave", fmt.Sprint(wave.Number))
	pools, tweaks := []any{}, []any{}
	for _, site := range f.of(wave.Number) {
		pools = append(pools, site.Name)
		tweaks = append(tweaks, Object{
			"pools":  []any{site.Name},
			"tweaks": Object{"patches": f.patches(b, w, site)},
		})
	}
	return Object{
		"apiVersion": "apps.openyurt.io/v1beta1",
		"kind":       "YurtAppSet",
		"metadata":   Object{"name": name, "namespace": b.Namespace},
		"spec": Object{
			"pools": pools,
			"workload": Object{
				"workloadTemplate": Object{"deploymentTemplate": Object{
					"metadata": Object{
						"labels":      child(w, "metadata", "labels"),
						"annotations": child(w, "metadata", "annotations"),
					},
					"spec": w["spec"],
				}},
				"workloadTweaks": tweaks,
			},
		},
	}
}

// patches are JSON patches of the Deployment: the list of variables as a whole, since there may be none yet.
func (f *Fleet) patches(b *Base, w Object, s Site) []any {
	place, there := placed(w, "containers", b.Name)
	container := clone(there).(Object)
	b.set(container, "APP_SITE", s.Name)
	path := fmt.Sprintf("/spec/template/spec/containers/%d", place)
	return []any{
		Object{"path": path + "/env", "operation": "add", "value": container["env"]},
		Object{"path": path + "/resources/requests/memory", "operation": "add", "value": f.Memory[s.Memory]},
		Object{"path": path + "/resources/limits/memory", "operation": "add", "value": f.Memory[s.Memory]},
	}
}
