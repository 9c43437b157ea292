package contract

import (
	"bytes"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var outputLock sync.Mutex // the output and the log are the process's

// outputOf is what the process prints to its standard output, and logs by the packages log
// and slog, while f runs. Both go where they go otherwise, too.
func outputOf(t testing.TB, f func()) string {
	outputLock.Lock()
	defer outputLock.Unlock()
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(io.MultiWriter(before, &logged))
	path := filepath.Join(t.TempDir(), "output")
	file, err := os.Create(path)
	require.NoError(t, err)
	restore, err := replaceStdout(file)
	require.NoError(t, err)
	func() {
		defer func() {
			restore()
			log.SetOutput(before)
			_ = file.Close()
		}()
		f()
	}()
	printed, err := os.ReadFile(path)
	require.NoError(t, err)
	_, _ = os.Stdout.Write(printed)
	return logged.String() + string(printed)
}
