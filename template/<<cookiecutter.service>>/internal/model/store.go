package model

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// What lies beside the versions: names that no version can have.
const (
	stateName = ".state.json"
	lockName  = ".lock"
	newName   = ".new"
)

// ErrRolledBack is a version that this site went back from. It stays out until another one is installed.
var ErrRolledBack = errors.New("this site went back from that version")

// Store is a folder of versions. Which one is current is decided by one small file, replaced whole.
type Store struct {
	dir  string
	keys Keys
	log  *slog.Logger
}

type state struct {
	Current  string   `json:"current"`
	Previous string   `json:"previous"`
	Rejected []string `json:"rejected,omitempty"`
}

// NewStore returns the store in dir, which may not exist yet.
func NewStore(dir, keys string, log *slog.Logger) (*Store, error) {
	parsed, err := ParseKeys(keys)
	return &Store{dir, parsed, log}, err
}

// Install copies the model in the folder from, checks it on the way, and makes it current. It is current only once
// each byte and each name of it is on the disk. wanted is the version that it must be, if one is.
func (s *Store) Install(from, wanted string) error {
	source, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	manifest, data, err := readManifest(source, s.keys)
	if err != nil {
		return err
	}
	version := manifest.Version
	if wanted != "" && wanted != version {
		return fmt.Errorf("%s holds version %s, and %s is wanted", from, version, wanted)
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	st := s.state()
	if slices.Contains(st.Rejected, version) {
		return fmt.Errorf("%w: %s", ErrRolledBack, version)
	}
	sum := sha256.Sum256(data)
	have, err := s.check(version)
	switch {
	case err != nil:
		err = s.copy(source, manifest, data)
	case have.Digest != hex.EncodeToString(sum[:]):
		err = fmt.Errorf("another version %s is installed: give this one a name of its own", version)
	}
	if err != nil {
		return err
	}
	return s.switchTo(st, version)
}

// switchTo makes a version current, keeps the one before and removes all others.
func (s *Store) switchTo(st state, version string) error {
	next := state{Current: version}
	for _, before := range []string{st.Current, st.Previous} {
		// A bad one is nothing to go back to.
		if _, err := s.check(before); err == nil && before != version {
			next.Previous = before
			break
		}
	}
	if st.Current == version {
		next.Rejected = st.Rejected
	}
	if err := s.save(next); err != nil {
		return err
	}
	return s.clean(next)
}

// Rollback makes the version before current, and keeps the present one out until another is installed.
func (s *Store) Rollback() (version string, err error) {
	unlock, err := s.lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	st := s.state()
	if _, err := s.check(st.Previous); err != nil {
		return "", fmt.Errorf("nothing to go back to: %w", err)
	}
	return st.Previous, s.save(state{Current: st.Previous, Rejected: append(st.Rejected, st.Current)})
}

// Current returns what changes whenever another version may have to be loaded.
func (s *Store) Current() string {
	data, _ := os.ReadFile(filepath.Join(s.dir, stateName))
	return string(data)
}

// state is nothing where the file cannot be read: the versions are still there, and the wanted one is known.
func (s *Store) state() (st state) {
	data, err := os.ReadFile(filepath.Join(s.dir, stateName))
	if err == nil {
		err = json.Unmarshal(data, &st)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Error("it is not known which model is current", "error", err)
		return state{}
	}
	return st
}

func (s *Store) save(st state) error {
	data, err := json.Marshal(st)
	if err != nil {
		return err
	}
	place := filepath.Join(s.dir, stateName)
	if err := writeFlushed(place+newName, data); err != nil {
		return err
	}
	return errors.Join(os.Rename(place+newName, place), flush(s.dir))
}

// clean removes every version but the current one and the one before.
func (s *Store) clean(st state) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if name := entry.Name(); name != st.Current && name != st.Previous && name != stateName && name != lockName {
			err = errors.Join(err, os.RemoveAll(filepath.Join(s.dir, name)))
		}
	}
	return err
}

// lock keeps a second installer out; the kernel opens it when the process ends.
func (s *Store) lock() (unlock func(), err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(s.dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}
