package sites

import "fmt"

// Folder is where the manifests are written.
const Folder = "deploy/native"

// render returns the objects of every file: for each site a plain Deployment.
func (f *Fleet) render(b *Base) (map[string][]Object, error) {
	files := map[string][]Object{"common.yaml": b.Others}
	for _, wave := range f.Waves {
		name := fmt.Sprintf("wave-%d.yaml", wave.Number)
		for _, site := range f.of(wave.Number) {
			w, err := b.at(f, wave, site)
			if err != nil {
				return nil, err
			}
			child(w, "spec", "template", "spec")["nodeSelector"] = Object{
				"kubernetes.io/arch":          site.Arch,
				"topology.kubernetes.io/zone": site.Name,
			}
			files[name] = append(files[name], w)
		}
	}
	return files, nil
}
