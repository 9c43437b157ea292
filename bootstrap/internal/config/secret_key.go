package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
	"github.com/doorcode-auth/doorcode/domain"
)

// keyFile is the name of the file that keeps the secret key of a development
// server.
const keyFile = "doorcode.key"

// keyCharacters is the length of a key that is made here: 5 bits a character.
const keyCharacters = 64

// SecretKey is the key of the configuration. Without one, a development server
// keeps its own in a file; Configure has seen to it that production has one.
func SecretKey(c *Config, random port.Random) (Secret, error) {
	if !c.SecretKey.IsZero() {
		return c.SecretKey, nil
	}
	path := keyPath(c)
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = writeKey(path, []byte(random.Suffix(keyCharacters)+"\n")); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return Secret{}, fmt.Errorf("keep a secret key in %s (or set DOORCODE_SECRET_KEY): %w", path, err)
	}
	return key, nil
}

// ExistingSecretKey is SecretKey for what needs no key of its own: it makes none.
func ExistingSecretKey(c *Config) (Secret, error) {
	if !c.SecretKey.IsZero() {
		return c.SecretKey, nil
	}
	key, err := readKey(keyPath(c))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Secret{}, errors.New("there is no secret key yet: start the service once, or set DOORCODE_SECRET_KEY")
	case err != nil:
		return Secret{}, fmt.Errorf("read the secret key: %w", err)
	}
	return key, nil
}

// keyPath is where a development server keeps its key.
func keyPath(c *Config) string { return filepath.Join(c.Database.URL.folder(), keyFile) }

func readKey(path string) (Secret, error) {
	text, err := settings.ReadValue(path)
	if err != nil {
		return Secret{}, err
	}
	if seen := seenByOthers(path); seen != "" {
		return Secret{}, errors.New(seen + ": chown it to the user that the server runs as, and chmod 600 it")
	}
	if len(text) < domain.MinSecretKeyBytes {
		return Secret{}, errors.New("the file is too short for a key: delete it, and a new one is made")
	}
	return settings.NewSecret(text), nil
}

// writeKey writes a file of mode 0600 in one step, so that all servers that start at once
// in one folder read the same key. It keeps an existing file.
func writeKey(path string, key []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temp.Name())) }()
	_, err = temp.Write(key)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err = os.Link(temp.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil // another server was first
	}
	return err
}
