package pgtest

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// process is one line of the system's process table.
type process struct {
	pid, parent int
	state       byte // 'T' is stopped, 'Z' dead and not yet collected
}

// child is a process that this one has started.
type child struct {
	pid  int
	done chan struct{} // closed when the process has ended
	err  error         // how it ended; to be read after done
}

func (c *child) signal(sig syscall.Signal) error { return signalAll([]int{c.pid}, sig) }

// startChild starts cmd away from the terminal's Ctrl-C, and on Linux so that the
// kernel kills it when this process ends. The kernel minds the thread that made
// the child, not the process: so a goroutine keeps the thread until the child has
// ended. It keeps owner reachable as long.
func startChild(cmd *exec.Cmd, owner any) (*child, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setsid = true
	dieWithParent(cmd.SysProcAttr)
	c := &child{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer runtime.KeepAlive(owner)
		runtime.LockOSThread() // without Unlock: the thread ends with the goroutine
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	c.pid = cmd.Process.Pid
	return c, nil
}

// signalAll sends sig to every process of pids; one that is gone is no error.
func signalAll(pids []int, sig syscall.Signal) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("send %s to process %d: %w", sig, pid, err)
		}
	}
	return nil
}

// stopProcesses stops the processes and returns when they stand still.
func stopProcesses(pids []int) error {
	if err := signalAll(pids, syscall.SIGSTOP); err != nil {
		return err
	}
	return awaitProcesses(pids, "stop", func(p process) bool { return p.state == 'T' || p.state == 'Z' })
}

// awaitGone returns when the processes have ended. They may stay in the table
// until their new parent collects them.
func awaitGone(pids []int) error {
	return awaitProcesses(pids, "end", func(p process) bool { return p.state == 'Z' })
}

// awaitProcesses returns when every process of pids is as wanted or gone.
func awaitProcesses(pids []int, what string, wanted func(process) bool) error {
	for deadline := time.Now().Add(stopTimeout); ; time.Sleep(time.Millisecond) {
		table, err := processes()
		if err != nil {
			return err
		}
		late := slices.IndexFunc(table, func(p process) bool { return slices.Contains(pids, p.pid) && !wanted(p) })
		if late < 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d did not %s within %s", table[late].pid, what, stopTimeout)
		}
	}
}

// childrenOf returns the living children of a process.
func childrenOf(parent int) ([]int, error) {
	table, err := processes()
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, p := range table {
		if p.parent == parent && p.state != 'Z' {
			pids = append(pids, p.pid)
		}
	}
	return pids, nil
}
