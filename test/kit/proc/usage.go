package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process has taken of the machine.
type Usage struct {
	CPU  time.Duration // in the process and in the kernel for it, since its start
	RSS  int64         // bytes in memory now
	Peak int64         // the most bytes in memory so far
}

// Usage reads it.
func (s *Server) Usage() (Usage, error) {
	dir := "/proc/" + strconv.Itoa(s.PID())
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Usage{}, fmt.Errorf("read the server's times: %w", err)
	}
	status, err := os.ReadFile(dir + "/status")
	if err != nil {
		return Usage{}, fmt.Errorf("read the server's memory: %w", err)
	}
	var u Usage
	if u.CPU, err = parseStat(stat); err != nil {
		return Usage{}, err
	}
	if u.RSS, err = parseStatus(status, "VmRSS"); err != nil {
		return Usage{}, err
	}
	u.Peak, err = parseStatus(status, "VmHWM")
	return u, err
}

// tick is the unit of times in /proc on every machine that Go runs on (USER_HZ).
const tick = 10 * time.Millisecond

// parseStat adds utime and stime of /proc/<pid>/stat, its fields 14 and 15. The
// second, the program's name in brackets, may hold anything.
func parseStat(stat []byte) (time.Duration, error) {
	const user, system = 14 - 3, 15 - 3
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= system {
		return 0, fmt.Errorf("no times in %q", stat)
	}
	var ticks time.Duration
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("no times in %q: %w", stat, err)
		}
		ticks += time.Duration(n)
	}
	return ticks * tick, nil
}

// parseStatus reads a line like "VmRSS:	   12345 kB" of /proc/<pid>/status.
func parseStatus(status []byte, name string) (int64, error) {
	for line := range strings.Lines(string(status)) {
		value, ok := strings.CutPrefix(line, name+":")
		if !ok {
			continue
		}
		kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		return kB << 10, nil
	}
	return 0, fmt.Errorf("there is no %s in the process's status", name)
}
