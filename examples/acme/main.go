// Command acme is doorcode with a channel of its own, and nothing else: the same
// commands, the same configuration, and beside it the section acme.
package main

import (
	"os"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"

	"example.com/acme/pager"
)

func main() {
	os.Exit(bootstrap.Run(os.Args[1:], bootstrap.Options{Providers: []port.Provider{pager.Provider}}))
}
