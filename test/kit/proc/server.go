package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Config is a server to start.
type Config struct {
	Program string
	Args    []string
	Dir     string
	Env     []string  // all of it: nothing is inherited
	Out     io.Writer // takes standard output. Defaults to nothing.
	Log     io.Writer // takes standard error; an *os.File costs least. Defaults to nothing.
	Address string    // host:port at which it will answer
	Ready   string    // the path that answers 200 when it can work
}

// Server is a process under test.
type Server struct {
	config Config
	cmd    *exec.Cmd
	begun  time.Time
	ended  chan struct{} // closed when the process has ended
	err    error         // how it ended; to be read after ended
}

// How long a server may take to become ready and to end, and how often it is
// asked: often, for a start takes milliseconds, yet not so that asking takes a
// core from it.
const (
	readyTimeout = 15 * time.Second
	stopTimeout  = 20 * time.Second
	askInterval  = 500 * time.Microsecond
)

// ErrEnded says that a server ended without being stopped.
var ErrEnded = errors.New("the server ended by itself")

// Start executes the server. The caller must Stop it.
func Start(config Config) (*Server, error) {
	s := &Server{config: config, ended: make(chan struct{})}
	s.cmd = exec.Command(config.Program, config.Args...)
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = config.Dir, config.Env, config.Out, config.Log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the terminal's Ctrl-C is ours
	dieWithParent(s.cmd.SysProcAttr)
	started := make(chan error, 1)
	go func() {
		// The kernel minds the thread that made the process: it stays as long.
		runtime.LockOSThread()
		s.begun = time.Now()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.err = s.cmd.Wait()
			close(s.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", config.Program, err)
	}
	return s, nil
}

// PID is the process's number.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Begun is when the process was started.
func (s *Server) Begun() time.Time { return s.begun }

// Ended is closed when the process has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// ExitCode is what an ended process exited with, -1 if a signal ended it.
func (s *Server) ExitCode() int {
	<-s.ended
	return s.cmd.ProcessState.ExitCode()
}

// Signal sends the process a signal. One that has ended takes it without effect.
func (s *Server) Signal(signal os.Signal) error {
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to the server: %w", signal, err)
	}
	return nil
}

// AwaitReady returns how long it took from the start to the first answer that
// says ready.
func (s *Server) AwaitReady(ctx context.Context) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, DisableKeepAlives: true,
	}, Timeout: 2 * time.Second}
	url := "http://" + s.config.Address + s.config.Ready
	tick := time.NewTicker(askInterval)
	defer tick.Stop()
	for {
		last := ask(ctx, client, url)
		if last == nil {
			return time.Since(s.begun), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-s.ended:
			return 0, fmt.Errorf("%w: %v", ErrEnded, s.err)
		}
		if time.Since(s.begun) > readyTimeout {
			return 0, fmt.Errorf("not ready after %s: %w", readyTimeout, last)
		}
	}
}

// ask makes one request and wants 200.
func ask(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("%s answers %s: %s", url, response.Status, body)
	}
	return nil
}

// Stop asks the server to end and waits until it has; one that does not is
// killed. It fails when the server had ended before, or badly.
func (s *Server) Stop() error { return s.stop(stopTimeout) }

func (s *Server) stop(patience time.Duration) error {
	select {
	case <-s.ended:
		return fmt.Errorf("%w: %v", ErrEnded, s.err)
	default:
	}
	if err := s.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.ended:
		if s.err != nil {
			return fmt.Errorf("end of the server: %w", s.err)
		}
		return nil
	case <-time.After(patience):
	}
	if err := s.Signal(os.Kill); err != nil {
		return err
	}
	<-s.ended
	return fmt.Errorf("the server did not end within %s", patience)
}

// FreeAddress finds an address of this machine without a listener.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
