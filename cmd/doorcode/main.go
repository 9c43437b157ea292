// Command doorcode is the service and its tools.
package main

import (
	"os"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func main() { os.Exit(bootstrap.Run(os.Args[1:], bootstrap.Options{})) }
