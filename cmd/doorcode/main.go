// Command doorcode is the service and its tools: one file a sub-command. What a
// command does is in bootstrap; here is only how it is called.
package main

import (
	"os"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

// version is set by the linker; without it the build's own counts.
var version string

func main() {
	command := &bootstrap.Command{Version: version}
	os.Exit(command.Report(execute(root(command))))
}
