package sites

// at makes a workload that of one site, where the platform does not do so itself.
func (b *Base) at(w Object, f *Fleet, s Site) {
	container := b.container(w)
	b.set(container, "APP_SITE", s.Name)
	for _, kind := range []string{"requests", "limits"} {
		child(container, "resources", kind)["memory"] = f.Memory[s.Memory]
	}
}
