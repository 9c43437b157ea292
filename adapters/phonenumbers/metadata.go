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
// national prefix, leading digits, and the patterns of premium-rate, toll-free,
// shared-cost and all other numbers.
//
//go:embed metadata.txt
var metadata string

// noCountry is the region of non-geographic calling codes.
const noCountry = "001"

const columns = 8

// premiumAreaCodes are premium-rate area codes by calling code. Of +1 900 the metadata
// has the assigned numbers only.
var premiumAreaCodes = map[string]string{"1": "900"}

// region is a region of the numbering plan.
type region struct {
	name    string
	prefix  string // national prefix, invalid after the calling code; "" for none
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

// regionsByCode are the regions of each calling code, the main region first.
var regionsByCode = sync.OnceValue(func() map[string][]*region {
	all := map[string][]*region{}
	for line := range strings.Lines(metadata) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != columns {
			continue // a test counts the parsed lines
		}
		all[cells[0]] = append(all[cells[0]], &region{
			name: cells[1], prefix: cells[2], leading: newPattern(cells[3], ""),
			premium: newPattern(cells[4], "$"), free: newPattern(cells[5], "$"),
			shared: newPattern(cells[6], "$"), others: newPattern(cells[7], "$"),
		})
	}
	return all
})

// split splits a number in E.164 into calling code and national number. Calling codes are
// prefix-free. Both are "" for an unknown calling code.
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

// isPremiumRate reports whether a number of this region is premium-rate or shared-cost.
func (r *region) isPremiumRate(n string) bool {
	return r.premium.matches(n) || !r.free.matches(n) && r.shared.matches(n)
}

// has reports whether a number belongs to the region.
func (r *region) has(n string) bool {
	if r.leading != nil {
		return r.leading.matches(n)
	}
	return r.others.matches(n) || r.premium.matches(n) || r.free.matches(n) || r.shared.matches(n)
}

// spellings are the possible national numbers of the digits after a calling code, the
// most likely first: some users write the national prefix there, as in +44 (0)20.
func spellings(regions []*region, rest string) []string {
	for _, r := range regions {
		if bare, ok := strings.CutPrefix(rest, r.prefix); ok && r.prefix != "" {
			return []string{rest, bare}
		}
	}
	return []string{rest}
}

// firstWith is the first region that has a number, or nil. The only region of a calling
// code has all numbers.
func firstWith(regions []*region, n string) *region {
	for _, r := range regions {
		if len(regions) == 1 || r.has(n) {
			return r
		}
	}
	return nil
}

// regionOf is the region of the digits after a calling code, nil if unknown.
func regionOf(code, rest string) *region {
	regions := regionsByCode()[code]
	for _, n := range spellings(regions, rest) {
		if r := firstWith(regions, n); r != nil {
			return r
		}
	}
	return nil
}

// isPremiumRate reports whether the digits after a calling code are a premium-rate or
// shared-cost number in any spelling.
func isPremiumRate(code, rest string) bool {
	return slices.ContainsFunc(spellings(regionsByCode()[code], rest), func(n string) bool {
		return isPremiumRateAsDialled(code, n)
	})
}

// isPremiumRateAsDialled reports whether a call to these digits is premium-rate or
// shared-cost. Networks drop surplus digits: a number with a premium-rate prefix is
// premium-rate, unless all its digits are an ordinary number.
func isPremiumRateAsDialled(code, n string) bool {
	if area, ok := premiumAreaCodes[code]; ok && strings.HasPrefix(n, area) {
		return true
	}
	regions := regionsByCode()[code]
	whole := firstWith(regions, n)
	switch {
	case whole != nil && whole.isPremiumRate(n):
		return true
	case whole != nil && whole.others.matches(n), whole != nil && whole.free.matches(n):
		return false
	}
	for end := len(n) - 1; end > 0; end-- {
		if r := firstWith(regions, n[:end]); r != nil && r.isPremiumRate(n[:end]) {
			return true
		}
	}
	return false
}
