package pgtest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// debianPattern is where Debian keeps the server's programs, out of PATH.
const debianPattern = "/usr/lib/postgresql/*/bin"

// programs are the server's programs and the owner of their processes.
type programs struct {
	dir   string
	owner *syscall.Credential // nil is the caller
}

// findPrograms finds them on this machine.
func findPrograms() (programs, error) {
	dir, err := provide(debianPattern, os.Getenv("CI") == "true", os.Geteuid() == 0)
	if err != nil {
		return programs{}, err
	}
	owner, err := serverOwner()
	if err != nil {
		return programs{}, err
	}
	return programs{dir: dir, owner: owner}, nil
}

// command returns the call of a server program, free of what the caller's
// environment says about PostgreSQL, language and time zone.
func (p programs) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.dir, name), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	return cmd
}

// provide returns the folder of the server's programs. Where they are missing, a
// CI machine may install them; a developer is told how to.
func provide(pattern string, ci, root bool) (string, error) {
	if dir := locate(pattern); dir != "" {
		return dir, nil
	}
	if !ci || !root {
		return "", fmt.Errorf("there is no PostgreSQL server here (no initdb in PATH, in `pg_config --bindir` or in %s): "+
			"type `%s`, or set %s to the URL of a superuser of a running server", pattern, installCommand(root), EnvURL)
	}
	if err := install(pattern); err != nil {
		return "", err
	}
	if dir := locate(pattern); dir != "" {
		return dir, nil
	}
	return "", fmt.Errorf("PostgreSQL is installed, but there is no initdb in %s", pattern)
}

// installCommand is what a person has to type.
func installCommand(root bool) string {
	switch {
	case runtime.GOOS == "darwin":
		return "brew install postgresql@17"
	case root:
		return "apt-get install -y postgresql"
	default:
		return "sudo apt-get install -y postgresql"
	}
}

// locate looks in PATH, asks pg_config, then tries Debian's folders, the newest
// version first. It returns "" if there is no server.
func locate(pattern string) string {
	var dirs []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if initdb, err = filepath.EvalSymlinks(initdb); err == nil {
			dirs = append(dirs, filepath.Dir(initdb))
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	debian, _ := filepath.Glob(pattern) // fails on a malformed pattern only
	slices.SortFunc(debian, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, dir := range append(dirs, debian...) {
		if executable(filepath.Join(dir, "initdb")) && executable(filepath.Join(dir, "postgres")) {
			return dir
		}
	}
	return ""
}

// version reads the 15 of /usr/lib/postgresql/15/bin.
func version(dir string) float64 {
	number, err := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64)
	if err != nil {
		return 0
	}
	return number
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// install installs Debian's package. Of several test processes that find it
// missing at once, the first does and the others wait for it.
func install(pattern string) error {
	path := filepath.Join(os.TempDir(), "doorcode-postgres-install.lock")
	lock, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("install PostgreSQL: %w", err)
	}
	defer lock.Close() // unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("install PostgreSQL: lock %s: %w", path, err)
	}
	if locate(pattern) != "" {
		return nil
	}
	for _, args := range [][]string{{"update"}, {"install", "-y", "--no-install-recommends", "postgresql"}} {
		cmd := exec.Command("apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return errors.Join(fmt.Errorf("install PostgreSQL: %s: %w", cmd, err), errors.New(string(out)))
		}
	}
	return nil
}
