package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	dataName        = "data" // of the data directory inside the cluster's
	mostParentBytes = 60     // a socket's path has at most 103 bytes everywhere
)

// makeDirectory makes a cluster's directory, which belongs to the owner of its
// processes. A cluster that need not survive a crash lives in memory if the
// system has the room and TMPDIR does not say otherwise: a copy of a database is
// 300 files, and some disks take a millisecond for each.
func makeDirectory(owner *syscall.Credential, durable bool) (string, error) {
	parent := os.TempDir()
	if memory := memoryDirectory(); memory != "" && !durable && os.Getenv("TMPDIR") == "" {
		parent = memory
	}
	if len(parent) > mostParentBytes || !mayEnter(owner, parent) {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "doorcode-postgres-")
	if err != nil {
		return "", fmt.Errorf("make the cluster's directory: %w", err)
	}
	if owner == nil {
		return dir, nil
	}
	if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
		return "", errors.Join(fmt.Errorf("give the cluster's directory away: %w", err), os.Remove(dir))
	}
	return dir, nil
}

// mayEnter tells whether the owner's processes get through to a directory: root's
// are often closed to everybody else.
func mayEnter(owner *syscall.Credential, dir string) bool {
	if owner == nil {
		return true
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// serverOwner returns whom the server's processes must belong to: nil is whoever
// runs the test, but PostgreSQL refuses to be root.
func serverOwner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("find a user who is not root for PostgreSQL: %w", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the user id of %s: %w", account.Username, err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the group id of %s: %w", account.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
