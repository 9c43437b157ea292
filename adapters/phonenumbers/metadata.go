package phonenumbers

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// metadata has one line per region, the main region of a calling code first, with
// tab-separated columns: calling code, name (ISO 3166-1; 001 for non-geographic codes),
// trunk prefixes (separated by spaces), leading digits, and the patterns of premium-rate,
// toll-free, shared-cost and all other numbers.
//
//go:embed metadata.txt
var metadata string

// noCountry is the region of non-geographic calling codes.
const noCountry = "001"

const columns = 8

// premiumAreaCodes are premium-rate area codes by calling code. Of +1 900 the metadata
// has the assigned numbers only.
var premiumAreaCodes = map[string]string{"1": "900"}

// formerTrunkPrefixes are trunk prefixes, by calling code, that the metadata has no longer
// and users still write. Mexico: 1 before mobile numbers, until 2019.
var formerTrunkPrefixes = map[string]string{"52": "1"}

// plan is the numbering plan of a calling code.
type plan struct {
	regions  []*region // the main region first
	prefixes []string  // trunk prefixes: dialled in the country, invalid after the calling code
}

// region is a region of a numbering plan.
type region struct {
	name    string
	leading *pattern
	premium *pattern
	free    *pattern
	shared  *pattern
	others  *pattern
}

// pattern is a regular expression that is compiled at its first use.
type pattern struct {
	text     string
	compiled func() *regexp.Regexp
}

// newPattern returns nil for an empty expression.
func newPattern(expression, end string) *pattern {
	if expression == "" {
		return nil
	}
	return &pattern{expression, sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:` + expression + `)` + end)
	})}
}

func (p *pattern) matches(number string) bool {
	return p != nil && p.compiled().MatchString(number)
}

// plans are the numbering plans by calling code.
var plans = sync.OnceValue(func() map[string]*plan {
	all := map[string]*plan{}
	for line := range strings.Lines(metadata) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != columns {
			continue // a test counts the parsed lines
		}
		code := cells[0]
		if all[code] == nil {
			all[code] = &plan{prefixes: strings.Fields(formerTrunkPrefixes[code])}
		}
		p := all[code]
		p.regions = append(p.regions, &region{
			name: cells[1], leading: newPattern(cells[3], ""),
			premium: newPattern(cells[4], "$"), free: newPattern(cells[5], "$"),
			shared: newPattern(cells[6], "$"), others: newPattern(cells[7], "$"),
		})
		for _, prefix := range strings.Fields(cells[2]) {
			if !slices.Contains(p.prefixes, prefix) {
				p.prefixes = append(p.prefixes, prefix)
			}
		}
	}
	return all
})

// split splits a number in E.164 into calling code and national number. Calling codes are
// prefix-free. Both are "" for an unknown calling code, whose plan is empty.
func split(number string) (code, rest string, p *plan) {
	digits := strings.TrimPrefix(number, "+")
	const longest = 3
	for n := 1; n <= min(longest, len(digits)); n++ {
		if p := plans()[digits[:n]]; p != nil {
			return digits[:n], digits[n:], p
		}
	}
	return "", "", &plan{}
}

// isPremiumRate reports whether a number of this region is premium-rate or shared-cost.
func (r *region) isPremiumRate(n string) bool {
	return r.premium.matches(n) || !r.free.matches(n) && r.shared.matches(n)
}

// has reports whether a number belongs to the region.
func (r *region) has(n string) bool {
	if r.leading != nil {
		return r.leading.matches(n)
	}
	return r.isNumber(n)
}

// isNumber reports whether a number matches a pattern of the region.
func (r *region) isNumber(n string) bool {
	return r.others.matches(n) || r.premium.matches(n) || r.free.matches(n) || r.shared.matches(n)
}

// canonical drops a trunk prefix from the digits after a calling code, exactly if they are
// a number without it and none with it. The result is a number, and so canonical.
func (p *plan) canonical(rest string) string {
	for _, prefix := range p.prefixes {
		if bare, ok := strings.CutPrefix(rest, prefix); ok && p.knows(bare) && !p.knows(rest) {
			return bare
		}
	}
	return rest
}

// knows reports whether the metadata has a number.
func (p *plan) knows(n string) bool {
	r := p.firstWith(n)
	return r != nil && r.isNumber(n)
}

// spellings are the possible national numbers of the digits after a calling code, the
// most likely first.
func (p *plan) spellings(rest string) []string {
	all := []string{rest}
	for _, prefix := range p.prefixes {
		if bare, ok := strings.CutPrefix(rest, prefix); ok {
			all = append(all, bare)
		}
	}
	return all
}

// firstWith is the first region that has a number, or nil. The only region of a calling
// code has all numbers.
func (p *plan) firstWith(n string) *region {
	for _, r := range p.regions {
		if len(p.regions) == 1 || r.has(n) {
			return r
		}
	}
	return nil
}

// regionOf is the region of the digits after the calling code, nil if unknown.
func (p *plan) regionOf(rest string) *region {
	for _, n := range p.spellings(rest) {
		if r := p.firstWith(n); r != nil {
			return r
		}
	}
	return nil
}

// isPremiumRate reports whether the digits after a calling code are a premium-rate or
// shared-cost number in any spelling.
func (p *plan) isPremiumRate(code, rest string) bool {
	return slices.ContainsFunc(p.spellings(rest), func(n string) bool { return p.isPremiumRateAsDialled(code, n) })
}

// isPremiumRateAsDialled reports whether a call to these digits is premium-rate or
// shared-cost. Networks drop surplus digits: a number with a premium-rate prefix is
// premium-rate, unless all its digits are an ordinary number.
func (p *plan) isPremiumRateAsDialled(code, n string) bool {
	if area, ok := premiumAreaCodes[code]; ok && strings.HasPrefix(n, area) {
		return true
	}
	whole := p.firstWith(n)
	switch {
	case whole != nil && whole.isPremiumRate(n):
		return true
	case whole != nil && whole.others.matches(n), whole != nil && whole.free.matches(n):
		return false
	}
	for end := len(n) - 1; end > 0; end-- {
		if r := p.firstWith(n[:end]); r != nil && r.isPremiumRate(n[:end]) {
			return true
		}
	}
	return false
}
