package sites

// at returns the workload of one site, where the platform does not make it from a wave's.
func (b *Base) at(f *Fleet, wave Wave, s Site) (Object, error) {
	w, err := b.workload(wave.Version)
	if err != nil {
		return nil, err
	}
	rename(w, b.Name+"-"+s.Name, "site", s.Name)
	container := b.container(w)
	b.set(container, "APP_SITE", s.Name)
	for _, kind := range []string{"requests", "limits"} {
		child(container, "resources", kind)["memory"] = f.Memory[s.Memory]
	}
	return w, nil
}
