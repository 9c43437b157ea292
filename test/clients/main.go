// Command clients generates clients from openapi.yaml and runs them against the program: TypeScript by
// openapi-typescript and Go by oapi-codegen. Before that it lints the description with redocly and spectral.
//
// It owns the generators and their versions, and the clients in testdata, which are programs as users of the API write
// them. It does NOT own the description: package httpapi does. It needs node and npm; everything that it installs,
// generates and builds is in a temporary folder. Run it from the root of the tree: go run ./test/clients
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/doorcode-auth/doorcode/test/kit/proc"
)

// timeout is far above the two minutes that a run takes on a loaded machine with empty caches.
const timeout = 20 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	err := run(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
	fmt.Println("clients: the description is clean, the TypeScript and the Go client work")
}

func run(ctx context.Context) (err error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%w. Type: apt-get install nodejs npm", err)
		}
	}
	dir, err := os.MkdirTemp("", "doorcode-clients-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.CopyFS(dir, os.DirFS("test/clients/testdata")); err != nil {
		return err
	}
	description, err := os.ReadFile("adapters/httpapi/openapi.yaml")
	if err != nil {
		return err
	}
	typescript, golang := filepath.Join(dir, "typescript"), filepath.Join(dir, "go")
	for _, client := range []string{typescript, golang} {
		if err := os.WriteFile(filepath.Join(client, "openapi.yaml"), description, 0o600); err != nil {
			return err
		}
	}
	if err := generate(ctx, typescript, golang); err != nil {
		return err
	}

	server, url, err := serve(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	codes := filepath.Join(dir, codesFile)
	return errors.Join(
		command(ctx, typescript, "node", "client.js", url, codes),
		command(ctx, golang, "./client", url, codes),
	)
}

// generate lints the description and generates, checks and builds the clients.
func generate(ctx context.Context, typescript, golang string) error {
	for _, step := range []struct {
		dir  string
		args []string
	}{
		{typescript, []string{"npm", "ci"}},
		{typescript, []string{"node_modules/.bin/redocly", "lint", "--config", "redocly.yaml", "openapi.yaml"}},
		{typescript, []string{
			"node_modules/.bin/spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", "openapi.yaml",
		}},
		{typescript, []string{"node_modules/.bin/openapi-typescript", "openapi.yaml", "--output", "api.d.ts"}},
		{typescript, []string{"node_modules/.bin/tsc", "--project", "tsconfig.json"}},
		{golang, []string{
			"go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "api", "-o", "api/api.go", "openapi.yaml",
		}},
		{golang, []string{"go", "mod", "tidy", "-diff"}},
		{golang, []string{"go", "vet", "./..."}},
		{golang, []string{"go", "build", "-o", "client", "."}},
	} {
		if err := command(ctx, step.dir, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// codesFile is where the console channel writes its messages, beside the database.
const codesFile = "codes.jsonl"

// serve builds and starts the program, which signs its access tokens by ES256.
func serve(ctx context.Context, dir string) (*proc.Server, string, error) {
	program := filepath.Join(dir, "doorcode")
	if err := command(ctx, ".", "go", "build", "-tags=nomsgpack", "-o", program, "./cmd/doorcode"); err != nil {
		return nil, "", err
	}
	address, err := proc.FreeAddress()
	if err != nil {
		return nil, "", err
	}
	url := "http://" + address
	server, err := proc.Start(proc.Config{
		Program: program, Args: []string{"serve"}, Dir: dir, Log: os.Stderr, Address: address, Ready: "/readyz",
		Env: []string{
			"DOORCODE_HTTP_ADDR=" + address, "DOORCODE_HTTP_PUBLIC_URL=" + url, "DOORCODE_HTTP_DRAIN=0",
			"DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_CONSOLE_FILE=" + codesFile, "DOORCODE_LOG_LEVEL=error",
		},
	})
	if err != nil {
		return nil, "", err
	}
	if _, err := server.AwaitReady(ctx); err != nil {
		return nil, "", errors.Join(err, server.Stop())
	}
	return server, url, nil
}

// command runs a program in a folder and prints what it is.
func command(ctx context.Context, dir string, args ...string) error {
	fmt.Println("+", args)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%v: %w", args, err)
	}
	return nil
}
