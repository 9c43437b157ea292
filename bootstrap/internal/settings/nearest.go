package settings

import (
	"slices"
	"strings"
)

// nearest is the candidate that is most like a mistyped name, "" if none is
// like it at all.
func nearest(name string, candidates []string) string {
	best, least := "", max(2, len(name)/4)+1
	for _, c := range candidates {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// sameSection leaves the candidates that share the name's section, the part before the
// last separator; all of them where no candidate has that section. A key of another
// section, however similar, is never meant.
func sameSection(name, separator string, candidates []string) []string {
	i := strings.LastIndex(name, separator)
	if i <= 0 {
		return candidates
	}
	other := func(c string) bool { return !strings.HasPrefix(c, name[:i+1]) }
	if same := slices.DeleteFunc(slices.Clone(candidates), other); len(same) > 0 {
		return same
	}
	return candidates
}

// distance is how many bytes must be put in, taken out or changed to make b of a
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
