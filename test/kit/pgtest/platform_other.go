//go:build !linux

package pgtest

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"syscall"
)

// locale is the new cluster's: the one that every system has.
const locale = "C"

// dieWithParent does nothing: here the caretaker alone ends what is left.
func dieWithParent(*syscall.SysProcAttr) {}

// memoryDirectory returns "": no directory is known to be in memory.
func memoryDirectory() string { return "" }

// processes asks ps for the process table.
func processes() ([]process, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "state=").Output()
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var table []process
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var p process
		if _, err := fmt.Sscanf(lines.Text(), "%d %d %c", &p.pid, &p.parent, &p.state); err != nil {
			return nil, fmt.Errorf("read the line %q of ps: %w", lines.Text(), err)
		}
		table = append(table, p)
	}
	return table, nil
}
