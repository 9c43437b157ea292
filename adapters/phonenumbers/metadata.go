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
// premium-rate, toll-free, shared-cost and all other numbers; with tabs between.
//
//go:embed metadata.txt
var metadata string

// noCountry is the region of calling codes that belong to no country.
const noCountry = "001"

const columns = 8

// dearAreas begin numbers that cost more, whatever follows, by calling code: of +1 900
// the metadata knows only those numbers that are in use.
var dearAreas = map[string]string{"1": "900"}

// region is a country as far as its numbers go. What it has not is "".
type region struct {
	name    string
	prefix  string // of national calls, which does not belong behind the calling code
	leading *pattern
	premium *pattern
	free    *pattern
	shared  *pattern
	others  *pattern
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

// costs reports whether a number of this region costs more than others.
func (r *region) costs(n string) bool {
	return r.premium.matches(n) || !r.free.matches(n) && r.shared.matches(n)
}

// has reports whether the region has a number.
func (r *region) has(n string) bool {
	if r.leading != nil {
		return r.leading.matches(n)
	}
	return r.others.matches(n) || r.premium.matches(n) || r.free.matches(n) || r.shared.matches(n)
}

// spellings are what may be meant by the digits behind a calling code, the likeliest
// first: some write the prefix of national calls there, +44 (0)20.
func spellings(regions []*region, rest string) []string {
	for _, r := range regions {
		if bare, ok := strings.CutPrefix(rest, r.prefix); ok && r.prefix != "" {
			return []string{rest, bare}
		}
	}
	return []string{rest}
}

// firstWith is the first region that has a number, nil if none has. One that is alone
// with its calling code has all numbers.
func firstWith(regions []*region, n string) *region {
	for _, r := range regions {
		if len(regions) == 1 || r.has(n) {
			return r
		}
	}
	return nil
}

// regionOf is the region of a number behind its calling code, nil if none of them has
// it.
func regionOf(code, rest string) *region {
	regions := regionsByCode()[code]
	for _, n := range spellings(regions, rest) {
		if r := firstWith(regions, n); r != nil {
			return r
		}
	}
	return nil
}

// costs reports whether a number behind its calling code costs more than others, in
// whatever way it may be meant.
func costs(code, rest string) bool {
	return slices.ContainsFunc(spellings(regionsByCode()[code], rest), func(n string) bool { return costsAsDialled(code, n) })
}

// costsAsDialled reports whether whoever dials these digits pays more. A network looks
// at no more digits than a number has, and drops the surplus: so one that begins with a
// number which costs more is that number, unless all of it is one that does not.
func costsAsDialled(code, n string) bool {
	if area, ok := dearAreas[code]; ok && strings.HasPrefix(n, area) {
		return true
	}
	regions := regionsByCode()[code]
	whole := firstWith(regions, n)
	switch {
	case whole != nil && whole.costs(n):
		return true
	case whole != nil && whole.others.matches(n), whole != nil && whole.free.matches(n):
		return false
	}
	for end := len(n) - 1; end > 0; end-- {
		if r := firstWith(regions, n[:end]); r != nil && r.costs(n[:end]) {
			return true
		}
	}
	return false
}
