package bootstrap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/system"
)

// newKeyAlgorithm is what a key is made for unless somebody says otherwise: others
// can read its tokens, and they cost little.
const newKeyAlgorithm = "ES256"

// publicSuffix makes the name of the file with the public part.
const publicSuffix = ".pub"

// GenerateKey makes a key for jwt.private_key_file, and its public part beside it
// for jwt.public_key_files; or a secret for jwt.signing_key. It prints the key
// unless Out names a file, and never writes over one.
func (c *Command) GenerateKey(context.Context) error {
	made, err := jwt.GenerateKey(cmp.Or(c.Algorithm, newKeyAlgorithm), system.Random{})
	if err != nil {
		var mistake jwt.Mistake
		if errors.As(err, &mistake) {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
		return err
	}
	if c.Out == "" {
		return c.print(string(made.Private))
	}
	if err := writeNew(c.Out, made.Private, 0o600); err != nil {
		return err
	}
	if made.Public == nil {
		return c.print(fmt.Sprintf("secret  %s (jwt.signing_key, or DOORCODE_JWT_SIGNING_KEY_FILE)\n", c.Out))
	}
	if err := writeNew(c.Out+publicSuffix, made.Public, 0o644); err != nil {
		return errors.Join(err, os.Remove(c.Out))
	}
	return c.print(fmt.Sprintf("private  %s (jwt.private_key_file)\npublic   %s (jwt.public_key_files)\nkid      %s\n",
		c.Out, c.Out+publicSuffix, made.ID))
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: give another name, for a key is never written over", path)
	}
	if err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write a key: %w", err), os.Remove(path))
	}
	return nil
}
