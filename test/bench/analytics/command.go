package main

import (
	"context"
	"fmt"
	"os/exec"
)

// command runs the product to its end.
func command(ctx context.Context, dir, program string, environment []string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, environment
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", args, err, out)
	}
	return nil
}
