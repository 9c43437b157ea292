package pgtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// caretakerScript reads lists of pids, one a line, of which the last one counts.
// When its input ends, because dismiss closed it or because this process is no
// more, it kills those processes, frees the shared memory that a killed server
// leaves behind (its id stands in the pid file) and removes the directory $1, at
// which a last child of the server may still be writing.
const caretakerScript = `
pids=
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -KILL $pids
id=$(sed -n '7s/.* //p' "$1/` + dataName + `/postmaster.pid")
[ -z "$id" ] || ipcrm -m "$id"
left=100
until rm -rf "$1"; do
  left=$((left - 1))
  [ $left -gt 0 ] || exit 1
  sleep 0.05
done
`

// caretaker is a shell that waits for this process to end and then clears up
// after it. It is the only process that removes a cluster's directory.
type caretaker struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// hireCaretaker starts the caretaker of a directory.
func hireCaretaker(dir string) (*caretaker, error) {
	cmd := exec.Command("/bin/sh", "-c", caretakerScript, "caretaker", dir)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no Ctrl-C reaches it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("open a pipe to the caretaker of %s: %w", dir, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the caretaker of %s: %w", dir, err)
	}
	return &caretaker{cmd: cmd, pipe: pipe}, nil
}

// start starts a child that keeps the caretaker's pipe open: were the pipe
// collected as garbage, the caretaker would take it for this process's end.
func (k *caretaker) start(cmd *exec.Cmd) (*child, error) { return startChild(cmd, k) }

// watch says which processes must not outlive this one.
func (k *caretaker) watch(pids []int) error {
	words := make([]string, len(pids))
	for i, pid := range pids {
		words[i] = strconv.Itoa(pid)
	}
	if _, err := io.WriteString(k.pipe, strings.Join(words, " ")+"\n"); err != nil {
		return fmt.Errorf("tell the caretaker what to watch: %w", err)
	}
	return nil
}

// dismiss lets the caretaker do its work now and returns when it has.
func (k *caretaker) dismiss() error {
	err := errors.Join(k.pipe.Close(), k.cmd.Wait())
	if err != nil {
		return fmt.Errorf("clear up: %w", err)
	}
	return nil
}
