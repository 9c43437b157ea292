package jwt

import "errors"

// Mistake is one thing that is wrong with a Config, under the name that an operator
// knows it by. It never quotes a value.
type Mistake struct {
	Key     string // "jwt.private_key_file"
	Problem string // "has 1024 bits"
	Cure    string // "give one of at least 2048 bits"
}

// Error is the mistake on one line.
func (m Mistake) Error() string { return m.Key + " " + m.Problem + ": " + m.Cure }

// joined is mistakes as one error, nil if there are none.
func joined(mistakes []Mistake) error {
	errs := make([]error, len(mistakes))
	for i, m := range mistakes {
		errs[i] = m
	}
	return errors.Join(errs...)
}
