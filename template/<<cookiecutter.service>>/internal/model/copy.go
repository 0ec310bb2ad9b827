package model

import (
	"errors"
	"os"
	"path"
	"path/filepath"
)

// copy puts a version into its place whole, or not at all.
func (s *Store) copy(source *os.Root, manifest *Manifest, data []byte) error {
	scratch, place := filepath.Join(s.dir, newName), filepath.Join(s.dir, manifest.Version)
	if err := os.RemoveAll(scratch); err != nil {
		return err
	}
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return err
	}
	folders := map[string]bool{".": true}
	for _, file := range manifest.Files {
		for folder := path.Dir(file.Path); !folders[folder]; folder = path.Dir(folder) {
			folders[folder] = true
		}
		if err := copyFile(source, file, filepath.Join(scratch, filepath.FromSlash(file.Path))); err != nil {
			return err
		}
	}
	signature, err := readShort(source, signatureName)
	if err != nil {
		return err
	}
	if err := errors.Join(writeFlushed(filepath.Join(scratch, manifestName), data), writeFlushed(filepath.Join(scratch, signatureName), signature)); err != nil {
		return err
	}
	for folder := range folders {
		if err := flush(filepath.Join(scratch, filepath.FromSlash(folder))); err != nil {
			return err
		}
	}
	// What is there under this name is no whole version, else it would have been kept.
	if err := os.RemoveAll(place); err != nil {
		return err
	}
	return errors.Join(os.Rename(scratch, place), flush(s.dir))
}

func copyFile(source *os.Root, file File, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the manifest's names are checked
	if err != nil {
		return err
	}
	return errors.Join(file.check(source, target), target.Sync(), target.Close())
}

func writeFlushed(name string, data []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- the store's own names
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// flush puts the names in a folder on the disk.
func flush(dir string) error {
	file, err := os.Open(dir) // #nosec G304 -- a folder of the store
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
