package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func keysCommand(c *bootstrap.Command) *cobra.Command {
	generate := does(&cobra.Command{
		Use:   "generate",
		Short: "Make a key that signs access tokens",
		Long: "Make a key that signs access tokens: PEM for jwt.private_key_file, or a secret for jwt.signing_key (HS256, HS384, HS512).\n" +
			"With --out the key goes into a new file that only its owner can read, and its public part beside it, into a file with .pub at the end.",
	}, c.GenerateKey)
	generate.Flags().StringVar(&c.Algorithm, "algorithm", "", "HS256, RS256, ES256 ... (default ES256)")
	generate.Flags().StringVar(&c.Out, "out", "", "path of the new `file`; without it the key is printed")
	return group("keys", "Make keys of tokens", prints(c, generate))
}
