package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"<< cookiecutter.module >>/internal/memory"
)

// Model is a version that was checked to the last byte.
type Model struct {
	Version string
	Digest  string // of the manifest, and so of everything
	Dir     string // where the files are, for a library that wants a path

	files []File
}

// Check returns the model in a folder if it is whole and signed.
func Check(dir string, keys Keys) (*Model, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	manifest, data, err := readManifest(root, keys)
	if err != nil {
		return nil, err
	}
	for _, file := range manifest.Files {
		if err := file.check(root, io.Discard); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256(data)
	return &Model{manifest.Version, hex.EncodeToString(sum[:]), dir, manifest.Files}, nil
}

// ReadFile returns a file's content, and only what was signed, whatever happened to the disk since the check.
func (m *Model) ReadFile(name string) ([]byte, error) {
	i := slices.IndexFunc(m.files, func(f File) bool { return f.Path == name })
	if i < 0 {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	if most := memory.Model(); m.files[i].Size > most {
		return nil, fmt.Errorf("%s has %d bytes, and there is memory for %d: open it in Dir, or raise the limit", name, m.files[i].Size, most)
	}
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	var content bytes.Buffer
	if err := m.files[i].check(root, &content); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// Load returns the wanted version, else the current one, else the one before: the first that is whole, signed, and
// good for use. So a bad release leaves a site with what it had. The error says why none that comes before is taken.
func (s *Store) Load(wanted string, use func(*Model) error) (*Model, error) {
	st := s.state()
	var failed error
	var tried []string
	for _, version := range []string{wanted, st.Current, st.Previous} {
		if version == "" || slices.Contains(tried, version) {
			continue
		}
		tried = append(tried, version)
		m, err := (*Model)(nil), ErrRolledBack
		if !slices.Contains(st.Rejected, version) {
			m, err = s.check(version)
		}
		if err == nil {
			err = use(m)
		}
		if err == nil {
			return m, failed
		}
		failed = errors.Join(failed, fmt.Errorf("version %s: %w", version, err))
	}
	return nil, errors.Join(errors.New("no model"), failed)
}

// check returns a version of the store.
func (s *Store) check(version string) (*Model, error) {
	if !versionPattern.MatchString(version) {
		return nil, fmt.Errorf("%q is no version", version)
	}
	m, err := Check(filepath.Join(s.dir, version), s.keys)
	if err == nil && m.Version != version {
		return nil, fmt.Errorf("its manifest is of version %s", m.Version)
	}
	return m, err
}
