package pgtest

import (
	"errors"
	"fmt"
	"syscall"
	"time"
)

// errNotRunning answers a fault for which there must be a server.
var errNotRunning = errors.New("the server is not running")

// Pause stops every process of the server where it stands: connections stay
// open, new ones are accepted by the kernel, and nothing answers. It returns when
// all of them stand still.
func (c *Cluster) Pause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running() {
		return fmt.Errorf("pause the server: %w", errNotRunning)
	}
	if err := c.pause(); err != nil {
		return fmt.Errorf("pause the server: %w", err)
	}
	return nil
}

// Resume lets a paused server go on; one that is not paused is left alone.
func (c *Cluster) Resume() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.resume(); err != nil {
		return fmt.Errorf("resume the server: %w", err)
	}
	return nil
}

// Kill ends every process of the server with SIGKILL, as a power cut would (but
// for what the kernel has not yet written to disk). It returns when all of them
// are gone. The data directory stays for Restart.
func (c *Cluster) Kill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running() {
		return fmt.Errorf("kill the server: %w", errNotRunning)
	}
	if err := c.kill(); err != nil {
		return fmt.Errorf("kill the server: %w", err)
	}
	return nil
}

// Restart starts the server again on the same data directory and port, and
// returns when it answers. A server still running is shut down in order first.
func (c *Cluster) Restart() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errors.New("restart the server: the cluster is stopped for good")
	}
	if err := c.shutdown(syscall.SIGINT); err != nil {
		return fmt.Errorf("restart the server: %w", err)
	}
	err := c.launch()
	for deadline := time.Now().Add(stopTimeout); errors.Is(err, errPortTaken) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
		err = c.launch()
	}
	return err
}

// pause stops the server first, so that the list of its children is final when
// it is read. The caretaker hears of them before they stop: a stopped process
// does not notice that its server is gone.
func (c *Cluster) pause() error {
	if c.paused != nil {
		return nil
	}
	server := []int{c.server.pid}
	if err := stopProcesses(server); err != nil {
		return err
	}
	c.paused = server
	children, err := childrenOf(c.server.pid)
	if err != nil {
		return err
	}
	c.paused = append(c.paused, children...)
	if err := c.caretaker.watch(c.paused); err != nil {
		return err
	}
	return stopProcesses(children)
}

func (c *Cluster) resume() error {
	if !c.running() || c.paused == nil {
		return nil
	}
	if err := signalAll(c.paused, syscall.SIGCONT); err != nil {
		return err
	}
	c.paused = nil
	return c.caretaker.watch([]int{c.server.pid})
}

func (c *Cluster) kill() error {
	if err := c.pause(); err != nil {
		return err
	}
	if err := signalAll(c.paused, syscall.SIGKILL); err != nil {
		return err
	}
	<-c.server.done
	if err := awaitGone(c.paused); err != nil {
		return err
	}
	c.server, c.paused = nil, nil
	return c.caretaker.watch(nil)
}
