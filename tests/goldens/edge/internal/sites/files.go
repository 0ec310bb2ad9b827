package sites

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	notice = "# Written by `make sites` from deploy/sites.yaml and deploy/edge: change these, and write it anew.\n"
	seal   = "# sha256 of the rest: "
)

// sealed returns objects as a file that tells whether it was edited by hand.
func sealed(objects []Object) (string, error) {
	var body bytes.Buffer
	encoder := yaml.NewEncoder(&body)
	encoder.SetIndent(2)
	for _, object := range objects {
		if err := encoder.Encode(object); err != nil {
			return "", err
		}
	}
	if err := encoder.Close(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s%s%x\n---\n%s", notice, seal, sha256.Sum256(body.Bytes()), body.Bytes()), nil
}

// untouched says whether a file is as it was written.
func untouched(text string) bool {
	head, body, found := strings.Cut(text, "\n---\n")
	return found && head == fmt.Sprintf("%s%s%x", notice, seal, sha256.Sum256([]byte(body)))
}

// written returns what lies in the folder, by path.
func written(folder string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && file == folder {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file) //nolint:gosec // it lies in our own folder
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	return files, err
}

// byHand returns an error that names every file that was edited.
func byHand(files map[string]string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !untouched(files[name]) {
			errs = append(errs, fmt.Errorf("%s was edited by hand: make the change in %s or in deploy/edge, and delete the file",
				path.Join(Folder, name), File))
		}
	}
	return errors.Join(errs...)
}

// save makes the folder hold these files and no others, and says what changed.
func save(folder string, before, after map[string]string) (string, error) {
	var changes strings.Builder
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] == after[name] {
			continue
		}
		changes.WriteString(difference(path.Join(Folder, name), body(before[name]), body(after[name])))
		if err := write(filepath.Join(folder, filepath.FromSlash(name)), after[name]); err != nil {
			return "", err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[name]; stays {
			continue
		}
		fmt.Fprintf(&changes, "%s is gone: delete its objects with kubectl\n", path.Join(Folder, name))
		if err := os.Remove(filepath.Join(folder, filepath.FromSlash(name))); err != nil {
			return "", err
		}
	}
	return changes.String(), nil
}

func body(text string) string {
	_, body, _ := strings.Cut(text, "\n---\n")
	return body
}

// write replaces a file as a whole.
func write(name, text string) error {
	//nolint:gosec // manifests are no secret, and git keeps no other mode
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	//nolint:gosec // as above
	if err := os.WriteFile(name+".new", []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}
