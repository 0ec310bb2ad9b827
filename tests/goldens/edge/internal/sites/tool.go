package sites

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
)

// Tool works on a repository.
type Tool struct {
	Dir     string
	Out     io.Writer
	Kubectl func(ctx context.Context, args ...string) ([]byte, error)
}

// Kubectl runs the program of that name.
func Kubectl(ctx context.Context, args ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, "kubectl", args...).Output() //nolint:gosec // no shell reads them
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("kubectl %s: %s", args[0], failed.Stderr)
	}
	return out, err
}

// Render writes the manifests.
func (t Tool) Render(ctx context.Context) error {
	fleet, err := t.fleet()
	if err != nil {
		return err
	}
	changes, err := t.render(ctx, fleet)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(t.Out, changes)
	return err
}

// Check says what was edited by hand or is not written anew. Where nothing was written yet there is nothing to say.
func (t Tool) Check(ctx context.Context) error {
	fleet, err := t.fleet()
	if err != nil {
		return err
	}
	now, err := written(filepath.Join(t.Dir, Folder))
	if err != nil || len(now) == 0 {
		return err
	}
	if err := byHand(now); err != nil {
		return err
	}
	want, err := t.manifests(ctx, fleet)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(both(now, want))) {
		if now[name] != want[name] {
			errs = append(errs, fmt.Errorf("%s is not what %s and deploy/edge say: run make sites", path.Join(Folder, name), File))
		}
	}
	return errors.Join(errs...)
}

// Release names the image or the model of the next release.
func (t Tool) Release(ctx context.Context, what, name string) error {
	fleet, err := t.fleet()
	if err != nil {
		return err
	}
	if fleet.places["release."+what] == nil {
		return fmt.Errorf("%s has no release.%s", File, what)
	}
	return t.change(ctx, fleet, map[string]string{"release." + what: name})
}

// fleet reads the file.
func (t Tool) fleet() (*Fleet, error) {
	text, err := os.ReadFile(filepath.Join(t.Dir, filepath.FromSlash(File)))
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// base returns what deploy/edge asks for.
func (t Tool) base(ctx context.Context) (*Base, error) {
	manifests, err := t.Kubectl(ctx, "kustomize", filepath.Join(t.Dir, "deploy", "edge"))
	if err != nil {
		return nil, err
	}
	return ReadBase(manifests)
}

// manifests returns the text of every file.
func (t Tool) manifests(ctx context.Context, fleet *Fleet) (map[string]string, error) {
	base, err := t.base(ctx)
	if err != nil {
		return nil, err
	}
	files, err := fleet.render(base)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for name, objects := range files {
		if texts[name], err = sealed(objects); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// render writes the manifests and says what changed in them.
func (t Tool) render(ctx context.Context, fleet *Fleet) (string, error) {
	folder := filepath.Join(t.Dir, filepath.FromSlash(Folder))
	before, err := written(folder)
	if err != nil {
		return "", err
	}
	if err := byHand(before); err != nil {
		return "", err
	}
	after, err := t.manifests(ctx, fleet)
	if err != nil {
		return "", err
	}
	return save(folder, before, after)
}

// change edits values of the file, writes the manifests, and prints what became of both.
func (t Tool) change(ctx context.Context, fleet *Fleet, values map[string]string) error {
	after, err := fleet.edited(values)
	if err != nil {
		return err
	}
	changes, err := t.render(ctx, after)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(t.Dir, filepath.FromSlash(File)), string(after.text)); err != nil {
		return err
	}
	_, err = fmt.Fprint(t.Out, difference(File, string(fleet.text), string(after.text)), changes)
	return err
}

func both[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
