package sites

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// state is what the pods of a site are.
type state []running

type running struct {
	version Version
	ready   bool
}

// has says whether a site has a version: some pod of it is ready, and no pod has another.
func (s state) has(v Version) bool {
	other := func(r running) bool { return r.version != v }
	return !slices.ContainsFunc(s, other) && slices.ContainsFunc(s, func(r running) bool { return r.ready })
}

type container struct {
	Name, Image string
	Env         []struct{ Name, Value string }
}

type pod struct {
	Metadata struct{ DeletionTimestamp string }
	Spec     struct{ Containers, InitContainers []container }
	Status   struct {
		Conditions []struct{ Type, Status string }
	}
}

// states returns what runs at each site, as far as the cluster knows.
func (t Tool) states(ctx context.Context) (map[string]state, error) {
	base, err := t.base(ctx)
	if err != nil {
		return nil, err
	}
	out, err := t.Kubectl(ctx, "get", "pods", "--namespace="+base.Namespace,
		"--selector=app.kubernetes.io/instance="+base.Name, "--output=json")
	if err != nil {
		return nil, err
	}
	var pods struct{ Items []pod }
	if err := json.Unmarshal(out, &pods); err != nil {
		return nil, fmt.Errorf("kubectl get pods: %w", err)
	}
	states := map[string]state{}
	for _, p := range pods.Items {
		// A pod that is on its way out at a site without a link stays so until the link is back.
		if p.Metadata.DeletionTimestamp == "" {
			site, run := p.state(base.Name)
			states[site] = append(states[site], run)
		}
	}
	return states, nil
}

func (p pod) state(service string) (site string, run running) {
	for _, c := range p.Spec.Containers {
		if c.Name == service {
			run.version.Image = c.Image
			for _, variable := range c.Env {
				if variable.Name == "APP_SITE" {
					site = variable.Value
				}
			}
		}
	}
	for _, c := range p.Spec.InitContainers {
		if c.Name == "model" {
			run.version.Model = c.Image
		}
	}
	for _, condition := range p.Status.Conditions {
		run.ready = run.ready || condition.Type == "Ready" && condition.Status == "True"
	}
	return site, run
}
