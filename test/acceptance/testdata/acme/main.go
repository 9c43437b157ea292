// Command acme is doorcode with a channel of somebody's own.
package main

import (
	"os"

	"github.com/doorcode-auth/doorcode/bootstrap"

	"example.com/acme/dummy"
)

func main() {
	os.Exit(bootstrap.Run(os.Args[1:], dummy.Provider))
}
