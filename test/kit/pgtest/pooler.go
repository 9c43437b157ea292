package pgtest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Pooler starts PgBouncer before the server of a database's URL and returns the URL through
// it. Settings are lines of pgbouncer.ini; everything else has PgBouncer's default. It ends
// with the test.
func Pooler(t testing.TB, database string, settings ...string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatalf("read the URL of the database: %v", err)
	}
	program, err := findPooler()
	if err != nil {
		t.Fatal(err)
	}
	owner, err := serverOwner()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := makeDirectory(owner, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the folder of PgBouncer: %v", err)
		}
	})
	port := pickPort()
	password, _ := u.User.Password()
	files := map[string]string{
		"users": fmt.Sprintf("%q %q\n", u.User.Username(), password),
		"pgbouncer.ini": fmt.Sprintf("[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"+
			"listen_port = %d\nunix_socket_dir =\nauth_type = trust\nauth_file = %s\nlogfile = %s\n%s\n",
			u.Hostname(), u.Port(), port, filepath.Join(dir, "users"), filepath.Join(dir, "log"), strings.Join(settings, "\n")),
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.WriteFile(path, []byte(text), 0o600)
		if err == nil && owner != nil {
			err = os.Chown(path, int(owner.Uid), int(owner.Gid))
		}
		if err != nil {
			t.Fatalf("configure PgBouncer: %v", err)
		}
	}
	cmd := exec.Command(program, "-q", filepath.Join(dir, "pgbouncer.ini"))
	cmd.Dir, cmd.Env = dir, []string{"LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	pooler, err := startChild(cmd, nil)
	if err != nil {
		t.Fatalf("start PgBouncer: %v", err)
	}
	t.Cleanup(func() {
		_ = pooler.signal(syscall.SIGKILL)
		<-pooler.done
	})
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	if err := awaitPooler(pooler, u.Host); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Fatalf("start PgBouncer: %v\n%s", err, log)
	}
	return u.String()
}

// findPooler looks in PATH and where Debian keeps the program.
func findPooler() (string, error) {
	if program, err := exec.LookPath("pgbouncer"); err == nil {
		return program, nil
	}
	const debian = "/usr/sbin/pgbouncer"
	if executable(debian) {
		return debian, nil
	}
	return "", errors.New("there is no pgbouncer in PATH or /usr/sbin: type `apt-get install -y pgbouncer`")
}

// awaitPooler returns when something listens at the address.
func awaitPooler(pooler *child, address string) error {
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-pooler.done:
			return fmt.Errorf("it ended: %w", pooler.err)
		default:
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}
