// Package model keeps the versions of a model on a site's own disk: checked, whole, the one before beside it.
package model

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

// The manifest lies beside the files that it names, its signature beside it.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
	manifestBytes = 1024 * 1024 // at most
)

var versionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$`) // what a tag may be, and no name that hides

// Manifest says what a version is made of. Its signature covers each byte of it, and so of the files.
type Manifest struct {
	Version string `json:"version"`
	Files   []File `json:"files"`
}

// File is one file of a version, its path with slashes below the version's folder.
type File struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Keys are the public keys of those who may sign.
type Keys []ed25519.PublicKey

// ParseKeys reads keys with commas between them. Each is the one line between the marks of a PEM file, as both
// `go run ./cmd/model key` and openssl write it.
func ParseKeys(text string) (keys Keys, err error) {
	for line := range strings.SplitSeq(text, ",") {
		der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("a public key is not in base64: %w", err)
		}
		parsed, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return nil, fmt.Errorf("a public key: %w", err)
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("a public key is %T, not of Ed25519", parsed)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (k Keys) signed(data, signature []byte) bool {
	for _, key := range k {
		if ed25519.Verify(key, data, signature) {
			return true
		}
	}
	return false
}

// Sign writes the manifest of all files in dir, and its signature.
func Sign(dir, version string, key ed25519.PrivateKey) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	manifest := Manifest{Version: version}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == manifestName || name == signatureName {
			return err
		}
		file := File{Path: name}
		if file.Size, file.SHA256, err = digest(root, name, io.Discard); err == nil {
			manifest.Files = append(manifest.Files, file)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := manifest.validate(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(key, data)) + "\n"
	return errors.Join(root.WriteFile(manifestName, data, 0o644), root.WriteFile(signatureName, []byte(signature), 0o644))
}

// readManifest returns a manifest and its bytes if one of the keys signed them. Nothing of it is looked at before.
func readManifest(root *os.Root, keys Keys) (*Manifest, []byte, error) {
	data, err := readShort(root, manifestName)
	if err != nil {
		return nil, nil, err
	}
	text, err := readShort(root, signatureName)
	if err != nil {
		return nil, nil, err
	}
	signature, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || !keys.signed(data, signature) {
		return nil, nil, errors.New("the manifest is not signed by a known key")
	}
	var manifest Manifest
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, nil, err
	}
	return &manifest, data, manifest.validate()
}

func (m *Manifest) validate() error {
	if !versionPattern.MatchString(m.Version) {
		return fmt.Errorf("version %q is no tag", m.Version)
	}
	if len(m.Files) == 0 {
		return errors.New("the manifest names no file")
	}
	for _, file := range m.Files {
		// No path that leaves the folder, and none in another spelling.
		if !fs.ValidPath(file.Path) || path.Clean(file.Path) != file.Path || file.Path == "." ||
			file.Path == manifestName || file.Path == signatureName || strings.ContainsAny(file.Path, "\\\x00") {
			return fmt.Errorf("the manifest names %q", file.Path)
		}
	}
	return nil
}

// check compares a file with its line of the manifest, and copies it to w on the way.
func (f *File) check(root *os.Root, w io.Writer) error {
	size, sum, err := digest(root, f.Path, &atMost{w, f.Size})
	if err == nil && (size != f.Size || sum != f.SHA256) {
		err = fmt.Errorf("%s is not what the manifest says", f.Path)
	}
	return err
}

func digest(root *os.Root, name string, w io.Writer) (size int64, sum string, err error) {
	file, err := regular(root, name)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(hash, w), file)
	return size, hex.EncodeToString(hash.Sum(nil)), err
}

// atMost fails where a file is longer than it should be, before it fills the disk.
type atMost struct {
	io.Writer

	left int64
}

func (a *atMost) Write(data []byte) (int, error) {
	if a.left -= int64(len(data)); a.left < 0 {
		return 0, errors.New("a file is longer than the manifest says")
	}
	return a.Writer.Write(data)
}

func readShort(root *os.Root, name string) ([]byte, error) {
	file, err := regular(root, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, manifestBytes+1))
	if err == nil && len(data) > manifestBytes {
		err = fmt.Errorf("%s is over %d bytes", name, manifestBytes)
	}
	return data, err
}

// regular opens a file; a link, a pipe or a device is none.
func regular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	return root.Open(name)
}
