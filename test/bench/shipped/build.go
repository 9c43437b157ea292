// Package shipped builds the programs under measurement as they are shipped: static,
// trimmed, without symbols. Starting them is package proc's.
package shipped

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Build builds the main package of an import path into output.
func Build(ctx context.Context, pkg, output string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "nomsgpack", "-trimpath", "-ldflags", "-s -w",
		"-o", output, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}
