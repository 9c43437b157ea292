package sourcerules

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/doorcode-auth/doorcode/domain"
)

// maxFile is the longest file of one's own, in bytes.
const maxFile = 1 << 20

// Read gives the rules: the product's own, with the file at path laid over them, if
// path is not "". What is wrong with that file is the error, as Mistakes.
func Read(path string) (domain.SourceRules, error) {
	t := newTable()
	if err := t.load(compiled); err != nil {
		return domain.SourceRules{}, err
	}
	if path != "" {
		text, err := readFile(path)
		if err != nil {
			return domain.SourceRules{}, Mistakes{{File: path, Problem: "cannot be read (" + reason(err) + ")", Cure: "check the path and that the server may read it"}}
		}
		if mistakes := t.lay(path, text); len(mistakes) > 0 {
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

// reason is an error without the path, which is told beside it.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return err.Error()
}
