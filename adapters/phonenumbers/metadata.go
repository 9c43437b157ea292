package phonenumbers

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// metadata has one line a region, the first region of a calling code first: its
// calling code, its name (ISO 3166-1; 001 for numbers of no country), the prefix of
// national calls, the digits that all its numbers begin with, and the patterns of its
// premium-rate, toll-free, shared-cost and other numbers; with tabs between.
//
//go:embed metadata.txt
var metadata string

// noCountry is the region of calling codes that belong to no country.
const noCountry = "001"

const columns = 8

// region is a country as far as its numbers go. What it has not is "".
type region struct {
	name    string
	prefix  string // of national calls, which does not belong behind the calling code
	leading *pattern
	premium *pattern
	free    *pattern
	shared  *pattern
	others  *pattern // only where several regions have one calling code
}

// pattern is an expression that is compiled when it is first asked.
type pattern struct {
	text     string
	compiled func() *regexp.Regexp
}

// newPattern makes a pattern of an expression, nil of none.
func newPattern(expression, end string) *pattern {
	if expression == "" {
		return nil
	}
	return &pattern{expression, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + expression + `)` + end) })}
}

func (p *pattern) matches(number string) bool {
	return p != nil && p.compiled().MatchString(number)
}

// regionsByCode are the regions of each calling code, the first one first.
var regionsByCode = sync.OnceValue(func() map[string][]*region {
	all := map[string][]*region{}
	for line := range strings.Lines(metadata) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != columns {
			continue // a test counts the lines that are read
		}
		all[cells[0]] = append(all[cells[0]], &region{
			name: cells[1], prefix: cells[2], leading: newPattern(cells[3], ""),
			premium: newPattern(cells[4], "$"), free: newPattern(cells[5], "$"), shared: newPattern(cells[6], "$"), others: newPattern(cells[7], "$"),
		})
	}
	return all
})

// split takes a number in E.164 apart: its calling code, of which none begins with
// another, and the rest. Both are "" if there is no such calling code.
func split(number string) (code, rest string) {
	digits := strings.TrimPrefix(number, "+")
	const longest = 3
	for n := 1; n <= min(longest, len(digits)); n++ {
		if regionsByCode()[digits[:n]] != nil {
			return digits[:n], digits[n:]
		}
	}
	return "", ""
}

// spellings are what may be meant by the digits behind a calling code, the likeliest
// first: some write the prefix of national calls there, +44 (0)20.
func (r *region) spellings(rest string) []string {
	if bare, ok := strings.CutPrefix(rest, r.prefix); ok && r.prefix != "" {
		return []string{rest, bare}
	}
	return []string{rest}
}

// costs reports whether a number of this region costs more than others.
func (r *region) costs(rest string) bool {
	return slices.ContainsFunc(r.spellings(rest), func(n string) bool {
		return r.premium.matches(n) || !r.free.matches(n) && r.shared.matches(n)
	})
}

// has reports whether the region has a number.
func (r *region) has(n string) bool {
	if r.leading != nil {
		return r.leading.matches(n)
	}
	return r.others.matches(n) || r.premium.matches(n) || r.free.matches(n) || r.shared.matches(n)
}

// regionOf is the region of a number behind its calling code, nil if none of them has
// it. A region that is alone with its calling code has all numbers.
func regionOf(code, rest string) *region {
	regions := regionsByCode()[code]
	if len(regions) == 1 {
		return regions[0]
	}
	for spelling := range 2 {
		for _, r := range regions {
			if all := r.spellings(rest); spelling < len(all) && r.has(all[spelling]) {
				return r
			}
		}
	}
	return nil
}
