package bootstrap

import (
	"errors"

	"github.com/doorcode-auth/doorcode/adapters/sourcerules"
	"github.com/doorcode-auth/doorcode/domain"
)

// sourceRules are the rules of the product with those of sources.rules over them.
func sourceRules(c *Config) (domain.SourceRules, error) { return sourcerules.Read(c.Sources.Rules) }

// checkSources finds what is wrong with rules of one's own.
func (c *Config) checkSources(to *checker) {
	if c.Sources.Rules == "" {
		return
	}
	_, err := sourceRules(c)
	var mistakes sourcerules.Mistakes
	if !errors.As(err, &mistakes) {
		return
	}
	for _, m := range mistakes {
		problem := m.Problem
		if m.Key != "" {
			problem = m.Key + " is wrong, " + m.Problem
		}
		to.found = append(to.found, Mistake{Key: "sources.rules", Origin: c.keys.Origin("sources.rules"), Value: m.File, Problem: problem, Cure: m.Cure})
	}
}
