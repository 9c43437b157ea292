package auth

import "github.com/doorcode-auth/doorcode/domain"

// sourceOf reads the source_url of a request: "" is none, anything else must be a
// source.
func (c Config) sourceOf(text string) (domain.RegistrationSource, error) {
	if text == "" {
		return domain.RegistrationSource{}, nil
	}
	return c.Sources.Parse(text)
}

// refererOf reads the Referer of a request, which may be none.
func (c Config) refererOf(text string) domain.RegistrationSource {
	if text == "" {
		return domain.RegistrationSource{}
	}
	return c.Sources.ParseReferer(text, c.OwnHost)
}

// cohort is what a challenge counts under in the funnel.
func cohort(source domain.RegistrationSource, country string) domain.Cohort {
	c := domain.Cohort{SourceID: source.ID, Category: source.Category, Channel: source.Channel, Country: country}
	if source.IsZero() {
		c.Category, c.Channel = domain.CategoryDirect, domain.SourceDirect
	}
	return c
}
