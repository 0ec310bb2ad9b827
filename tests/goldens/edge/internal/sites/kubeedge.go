package sites

import (
	"crypto/sha256"
	"fmt"
	"maps"
)

// Folder is where the manifests are written.
const Folder = "deploy/kubeedge"

// render returns the objects of every file: for each site a NodeGroup, for each wave an EdgeApplication, and beside it the
// job that pulls the release ahead.
func (f *Fleet) render(b *Base) (map[string][]Object, error) {
	files := map[string][]Object{"common.yaml": b.Others}
	for _, site := range f.Sites {
		files["nodegroups.yaml"] = append(files["nodegroups.yaml"], nodeGroup(site))
	}
	for _, wave := range f.Waves {
		w, err := b.workload(wave.Version)
		if err != nil {
			return nil, err
		}
		files[fmt.Sprintf("wave-%d.yaml", wave.Number)] = []Object{f.application(b, wave, w)}
		files[fmt.Sprintf("prepull/wave-%d.yaml", wave.Number)] = []Object{f.prepull(b, wave)}
	}
	return files, nil
}

func nodeGroup(s Site) Object {
	return Object{
		"apiVersion": "apps.kubeedge.io/v1alpha1",
		"kind":       "NodeGroup",
		"metadata":   s.metadata(),
		"spec": Object{
			"matchLabels":     Object{"topology.kubernetes.io/zone": s.Name},
			"topologyEnabled": true,
		},
	}
}

// application has the wave's image in its template, with the digest if there is one: an image overrider knows none.
func (f *Fleet) application(b *Base, wave Wave, w Object) Object {
	name := fmt.Sprintf("%s-wave-%d", b.Name, wave.Number)
	rename(w, name, "wave", fmt.Sprint(wave.Number))
	explicit(b, w)
	groups := []any{}
	for _, site := range f.of(wave.Number) {
		memory := Object{"memory": f.Memory[site.Memory]}
		groups = append(groups, Object{
			"name": site.Name,
			"overriders": Object{
				// add, never replace: that would put the variables in another order each time, and roll the pods.
				"envOverriders": []any{Object{
					"containerName": b.Name,
					"operator":      "add",
					"value":         []any{Object{"name": "APP_SITE", "value": site.Name}},
				}},
				"resourcesOverriders": []any{Object{
					"containerName": b.Name,
					"value":         Object{"requests": memory, "limits": maps.Clone(memory)},
				}},
			},
		})
	}
	return Object{
		"apiVersion": "apps.kubeedge.io/v1alpha1",
		"kind":       "EdgeApplication",
		"metadata":   Object{"name": name, "namespace": b.Namespace},
		"spec": Object{
			"workloadScope":    Object{"targetNodeGroups": groups},
			"workloadTemplate": Object{"manifests": []any{w}},
		},
	}
}

// explicit writes out what Kubernetes would take for granted: an env overrider drops a reference that is not complete.
func explicit(b *Base, w Object) {
	env, _ := b.container(w)["env"].([]any)
	for _, each := range env {
		from, _ := each.(Object)["valueFrom"].(Object)
		if field, ok := from["fieldRef"].(Object); ok && field["apiVersion"] == nil {
			field["apiVersion"] = "v1"
		}
		if resource, ok := from["resourceFieldRef"].(Object); ok && resource["containerName"] == nil {
			resource["containerName"] = b.Name
		}
	}
}

// prepull brings the release to a wave's nodes before the wave begins. A job runs once, so its name says for which images.
func (f *Fleet) prepull(b *Base, wave Wave) Object {
	images, sites := []any{f.Release.Image}, []any{}
	if f.Release.Model != "" {
		images = append(images, f.Release.Model)
	}
	for _, site := range f.of(wave.Number) {
		sites = append(sites, site.Name)
	}
	hash := sha256.Sum256([]byte(f.Release.Image + " " + f.Release.Model))
	return Object{
		"apiVersion": "operations.kubeedge.io/v1alpha2",
		"kind":       "ImagePrePullJob",
		"metadata":   Object{"name": fmt.Sprintf("%s-wave-%d-%x", b.Name, wave.Number, hash[:4])},
		"spec": Object{"imagePrePullTemplate": Object{
			"images": images,
			"labelSelector": Object{"matchExpressions": []any{Object{
				"key": "topology.kubernetes.io/zone", "operator": "In", "values": sites,
			}}},
			// Thin links: three nodes at a time, a quarter of an hour each, twice again; one in ten may be offline.
			"concurrency":     3,
			"timeoutSeconds":  900,
			"retryTimes":      2,
			"failureTolerate": "0.1",
		}},
	}
}
