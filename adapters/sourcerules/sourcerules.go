package sourcerules

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// maxFile is the maximum size of the operator's file, in bytes.
const maxFile = 1 << 20

// Read returns the embedded rules, overridden by the file at path unless it is "". Errors
// in that file are Mistakes.
func Read(path string) (domain.SourceRules, error) {
	t := newTable()
	if err := t.load(compiled); err != nil {
		return domain.SourceRules{}, err
	}
	if path != "" {
		text, err := readFile(path)
		if err != nil {
			return domain.SourceRules{}, Mistakes{{
				File: path, Problem: "cannot be read (" + reason(err) + ")",
				Cure: "check the path and that the server may read it",
			}}
		}
		if mistakes := t.overlay(path, text); len(mistakes) > 0 {
			return domain.SourceRules{}, mistakes
		}
	}
	return t.rules(), nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errTooLong
	}
	return text, err
}

var errTooLong = errors.New("longer than 1 MiB")

// reason is the cause of an error without the path.
func reason(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	return err.Error()
}

// Mistake is an error in a file of rules. It never quotes the file.
type Mistake struct {
	File    string // path, with the line if known: "rules.yaml:12"
	Key     string // "sources.google.hosts", "" for the whole file
	Problem string
	Cure    string
}

// String formats the mistake on one line: file, key, problem, cure.
func (m Mistake) String() string {
	parts := []string{m.File, m.Key, m.Problem, m.Cure}
	if m.Key == "" {
		parts = []string{m.File, m.Problem, m.Cure}
	}
	return strings.Join(parts, ": ")
}

// Mistakes are all errors in a file of rules: the error of Read.
type Mistakes []Mistake

// Error lists the mistakes, one per line.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}
