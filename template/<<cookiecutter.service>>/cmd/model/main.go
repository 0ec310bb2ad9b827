// Command model makes the key that signs models, signs one, and checks one as a site does.
package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"<< cookiecutter.module >>/internal/model"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "key":
		return makeKey(args[1])
	case len(args) == 4 && args[0] == "sign":
		return sign(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "check":
		return check(args[1], args[2])
	}
	return errors.New(`usage: model key FILE                 make a private key, print the public one for model-keys
       model sign FILE VERSION DIR    sign the files in DIR as a version
       model check KEYS DIR           check them as a site does`)
}

// makeKey writes the private key as openssl does, and never over another.
func makeKey(path string) error {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 G703 -- the caller's own file
	if err != nil {
		return err
	}
	if err := errors.Join(pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), file.Close()); err != nil {
		return err
	}
	der, err = x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	fmt.Println(base64.StdEncoding.EncodeToString(der))
	return nil
}

func sign(path, version, dir string) error {
	data, err := os.ReadFile(path) // #nosec G304 G703 -- the caller's own file
	if err != nil {
		return err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return fmt.Errorf("%s holds no PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return fmt.Errorf("%s holds %T, not a key of Ed25519", path, parsed)
	}
	return model.Sign(dir, version, key)
}

func check(text, dir string) error {
	keys, err := model.ParseKeys(text)
	if err != nil {
		return err
	}
	m, err := model.Check(dir, keys)
	if err != nil {
		return err
	}
	fmt.Println(m.Version, m.Digest)
	return nil
}
