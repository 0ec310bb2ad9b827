package sites

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// Object is a manifest, or a part of one.
type Object = map[string]any

// Base is what deploy/edge asks for, the same at every site.
type Base struct {
	Name       string // of the service, and of its container
	Namespace  string
	Others     []Object // all but the Deployment
	deployment Object
}

// ReadBase reads manifests as kubectl prints them: one Deployment, with a container of its name.
func ReadBase(manifests []byte) (*Base, error) {
	b := &Base{}
	decoder := yaml.NewDecoder(bytes.NewReader(manifests))
	for {
		var object Object
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("deploy/edge: %w", err)
		}
		if object["kind"] != "Deployment" {
			b.Others = append(b.Others, object)
			continue
		}
		if b.deployment != nil {
			return nil, errors.New("deploy/edge: there is more than one Deployment")
		}
		b.deployment = object
	}
	if b.deployment == nil {
		return nil, errors.New("deploy/edge: there is no Deployment")
	}
	b.Name, _ = child(b.deployment, "metadata")["name"].(string)
	b.Namespace, _ = child(b.deployment, "metadata")["namespace"].(string)
	if b.container(b.deployment) == nil {
		return nil, fmt.Errorf("deploy/edge: the Deployment has no container %s", b.Name)
	}
	return b, nil
}

// workload returns the Deployment of a version.
func (b *Base) workload(v Version) (Object, error) {
	w := clone(b.deployment).(Object)
	b.container(w)["image"] = v.Image
	model := named(w, "initContainers", "model")
	if (model == nil) != (v.Model == "") {
		return nil, fmt.Errorf("%s names a model, or deploy/edge has an init container of that name, but not both", File)
	}
	if model != nil {
		model["image"] = v.Model
		b.set(model, "APP_MODEL_VERSION", v.ModelVersion())
		b.set(b.container(w), "APP_MODEL_VERSION", v.ModelVersion())
	}
	return w, nil
}

// rename gives a workload a name and a label of its own, by which it also finds its pods.
func rename(w Object, name, key, text string) {
	child(w, "metadata")["name"] = name
	for _, at := range []Object{
		child(w, "metadata", "labels"),
		child(w, "spec", "selector", "matchLabels"),
		child(w, "spec", "template", "metadata", "labels"),
	} {
		at[key] = text
	}
}

func (b *Base) container(w Object) Object { return named(w, "containers", b.Name) }

// set gives a container a variable, in the place of one of that name.
func (b *Base) set(container Object, name, text string) {
	kept := []any{}
	env, _ := container["env"].([]any)
	for _, each := range env {
		if variable, ok := each.(Object); !ok || variable["name"] != name {
			kept = append(kept, each)
		}
	}
	container["env"] = append(kept, Object{"name": name, "value": text})
}

// named returns a container of a pod.
func named(w Object, list, name string) Object {
	_, container := placed(w, list, name)
	return container
}

// placed returns a container of a pod, and where it stands in its list.
func placed(w Object, list, name string) (int, Object) {
	containers, _ := child(w, "spec", "template", "spec")[list].([]any)
	for i, each := range containers {
		if container, ok := each.(Object); ok && container["name"] == name {
			return i, container
		}
	}
	return 0, nil
}

// child returns what is at a path, and makes what is not there.
func child(o Object, path ...string) Object {
	for _, key := range path {
		next, ok := o[key].(Object)
		if !ok {
			next = Object{}
			o[key] = next
		}
		o = next
	}
	return o
}

func clone(v any) any {
	switch v := v.(type) {
	case Object:
		copied := Object{}
		for key, each := range v {
			copied[key] = clone(each)
		}
		return copied
	case []any:
		copied := make([]any, len(v))
		for i, each := range v {
			copied[i] = clone(each)
		}
		return copied
	}
	return v
}
