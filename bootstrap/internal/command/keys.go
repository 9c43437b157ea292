package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/system"
)

// newKeyAlgorithm is the default of --algorithm: its tokens can be verified by others, and
// cost little.
const newKeyAlgorithm = "ES256"

// publicSuffix makes the name of the file with the public key.
const publicSuffix = ".pub"

// keysCommand makes a key for jwt.private_key_file with its public key for
// jwt.public_key_files, or a secret for jwt.signing_key. It prints the key unless --out
// names a file, and never overwrites one.
func (p *program) keysCommand() *cobra.Command {
	var algorithm, out string
	generate := &cobra.Command{
		Use:   "generate",
		Short: "Make a key that signs access tokens",
		Long: "Make a key that signs access tokens: PEM for jwt.private_key_file, or a secret for jwt.signing_key (HS256,\n" +
			"HS384, HS512). With --out the key goes into a new file that only its owner can read, and its public part\n" +
			"beside it, into a file with .pub at the end.",
	}
	generate.Flags().StringVar(&algorithm, "algorithm", newKeyAlgorithm, "HS256, RS256, ES256 ...")
	generate.Flags().StringVar(&out, "out", "", "path of the new `file`; without it the key is printed")
	return group("keys", "Make keys of tokens", p.command(generate, func(context.Context, []string) (output, error) {
		return generateKey(algorithm, out)
	}))
}

func generateKey(algorithm, out string) (output, error) {
	made, err := jwt.GenerateKey(algorithm, system.Random{})
	if _, isMistake := errors.AsType[jwt.Mistake](err); isMistake {
		err = fmt.Errorf("%w: %w", errUsage, err)
	}
	if err == nil && out != "" {
		err = writeTokenKey(out, made)
	}
	if err != nil {
		return output{}, err
	}
	text := string(made.Private)
	switch {
	case out != "" && made.Public == nil:
		text = fmt.Sprintf("secret  %s (jwt.signing_key, or DOORCODE_JWT_SIGNING_KEY_FILE)\n", out)
	case out != "":
		text = fmt.Sprintf("private  %s (jwt.private_key_file)\npublic   %s (jwt.public_key_files)\nkid      %s\n",
			out, out+publicSuffix, made.ID)
	}
	return output{text, describeKey(algorithm, out, made)}, nil
}

// describeKey reports the file of a key, or without a file the key itself: by the names of
// the configuration keys that take it.
func describeKey(algorithm, file string, made jwt.NewKey) map[string]string {
	report := map[string]string{"algorithm": algorithm}
	if made.ID != "" {
		report["kid"] = made.ID
	}
	switch secret := made.Public == nil; {
	case file == "" && secret:
		report["signing_key"] = strings.TrimSuffix(string(made.Private), "\n")
	case file == "":
		report["private_key"], report["public_key"] = string(made.Private), string(made.Public)
	case secret:
		report["signing_key_file"] = file
	default:
		report["private_key_file"], report["public_key_file"] = file, file+publicSuffix
	}
	return report
}

// writeTokenKey writes a key into a file, and its public part, if it has one, beside it.
func writeTokenKey(path string, made jwt.NewKey) error {
	if err := writeNew(path, made.Private, 0o600); err != nil || made.Public == nil {
		return err
	}
	if err := writeNew(path+publicSuffix, made.Public, 0o644); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
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
