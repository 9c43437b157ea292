package sourcerules

import "strings"

// Mistake is one thing that is wrong with a file of rules. It never quotes the file.
type Mistake struct {
	File    string // its path, and the line where it is known: "rules.yaml:12"
	Key     string // "sources.google.hosts", "" for the whole file
	Problem string
	Cure    string
}

// String is the mistake on one line: file, key, problem, cure.
func (m Mistake) String() string {
	parts := []string{m.File, m.Key, m.Problem, m.Cure}
	if m.Key == "" {
		parts = []string{m.File, m.Problem, m.Cure}
	}
	return strings.Join(parts, ": ")
}

// Mistakes are all that is wrong with a file of rules: the error of Read.
type Mistakes []Mistake

// Error lists the mistakes, one a line.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}
