package pgbench

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Statement is a statement of a script: the SQL as it is, with $1, $2 ...
// replaced by expressions. An expression may name variables of pgbench (:name),
// which reach the server as parameters when Run prepares the statement.
//
// A parameter that occurs more than once is computed as often, so expressions
// should cost nothing to speak of.
func Statement(sql string, expressions ...string) (string, error) {
	used := make([]bool, len(expressions))
	var unknown []string
	text := placeholder.ReplaceAllStringFunc(sql, func(p string) string {
		n, err := strconv.Atoi(p[1:])
		if err != nil || n < 1 || n > len(expressions) {
			unknown = append(unknown, p)
			return p
		}
		used[n-1] = true
		return "(" + expressions[n-1] + ")"
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("no expression for %s", strings.Join(unknown, ", "))
	}
	for i, u := range used {
		if !u {
			return "", fmt.Errorf("the statement has no $%d for %q", i+1, expressions[i])
		}
	}
	return strings.TrimRight(strings.TrimSpace(text), ";") + ";\n", nil
}

// placeholder is the place of a parameter; the product's statements have no $
// elsewhere.
var placeholder = regexp.MustCompile(`\$[0-9]+`)
