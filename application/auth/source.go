package auth

import "github.com/doorcode-auth/doorcode/domain"

// parseSourceURL reads the source_url of a request: "" is none, anything else
// must be a source.
func parseSourceURL(text string) (domain.RegistrationSource, error) {
	if text == "" {
		return domain.RegistrationSource{}, nil
	}
	return domain.ParseSource(text)
}

// firstKnown is the first source that is known.
func firstKnown(sources ...domain.RegistrationSource) domain.RegistrationSource {
	for _, s := range sources {
		if !s.IsZero() {
			return s
		}
	}
	return domain.RegistrationSource{}
}
