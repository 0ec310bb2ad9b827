package sites

// metadata is that of the object that stands for the site.
func (s Site) metadata() Object {
	metadata := Object{"name": s.Name}
	for key, text := range s.Labels {
		child(metadata, "labels")[key] = text
	}
	return metadata
}
