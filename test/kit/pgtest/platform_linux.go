package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// locale is the new cluster's: characters are known, order is by code point.
const locale = "C.UTF-8"

// dieWithParent lets the kernel kill the process when the thread that starts it
// ends.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// memoryDirectory returns a directory in memory with room for a cluster, "" if
// there is none.
func memoryDirectory() string {
	const (
		path  = "/dev/shm"
		tmpfs = 0x01021994 // TMPFS_MAGIC of statfs(2)
		room  = 2 << 30
	)
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil || int64(stat.Type) != tmpfs {
		return ""
	}
	if stat.Bavail*uint64(stat.Bsize) < room {
		return ""
	}
	return path
}

// processes reads the process table from /proc.
func processes() ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var table []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended since the list was read
		}
		if err != nil {
			return nil, fmt.Errorf("read process %d: %w", pid, err)
		}
		p := process{pid: pid}
		// "pid (name) state parent ...": the name may hold spaces and brackets.
		rest := stat[bytes.LastIndexByte(stat, ')')+1:]
		if _, err := fmt.Sscanf(string(rest), " %c %d", &p.state, &p.parent); err != nil {
			return nil, fmt.Errorf("read process %d: %w", pid, err)
		}
		table = append(table, p)
	}
	return table, nil
}
