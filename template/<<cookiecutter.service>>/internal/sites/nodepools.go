package sites

// nodePools are the sites as OpenYurt knows them. A node joins one by the label apps.openyurt.io/nodepool.
func (f *Fleet) nodePools() []Object {
	var pools []Object
	for _, site := range f.Sites {
		pools = append(pools, Object{
			"apiVersion": "apps.openyurt.io/v1beta2",
			"kind":       "NodePool",
			"metadata":   site.metadata(),
			"spec": Object{
				"type":              "Edge",
				"interConnectivity": true,
				// What nodes of the pool get: their zone, by which a Service keeps requests at the site.
				"labels": Object{"topology.kubernetes.io/zone": site.Name},
			},
		})
	}
	return pools
}
