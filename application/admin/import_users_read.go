package admin

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// read makes a user of somebody, if they can be one: they were not deleted, and have an
// address that codes can go to.
func (d *importDesk) read(foreign port.ForeignUser) (port.ImportUser, bool) {
	if foreign.Deleted {
		d.out.Deleted++
		return port.ImportUser{}, false
	}
	email := d.email(foreign)
	phone := d.phone(foreign, email)
	if email.IsZero() && phone.IsZero() {
		d.out.LeftOut++
		d.say("", "no_address", 0)
		return port.ImportUser{}, false
	}
	joined := d.joined(foreign.DateJoined)
	return port.ImportUser{
		User: domain.User{
			ID:            foreign.ID,
			UUID:          d.random.UUID(joined),
			Email:         email.Value(),
			EmailVerified: foreign.EmailVerified && !email.IsZero(),
			Phone:         phone.Value(),
			PhoneVerified: foreign.PhoneVerified && !phone.IsZero(),
			Username:      d.username(foreign.Username),
			Profile:       d.names(foreign.Profile),
			IsActive:      foreign.IsActive,
			IsStaff:       foreign.IsStaff,
			IsSuperuser:   foreign.IsSuperuser,
			DateJoined:    joined,
			LastLogin:     foreign.LastLogin,
		},
		Sources: d.sources(foreign.Links, joined),
	}, true
}

// email is the address, none for a placeholder: phone_ and digits, at whatever host.
func (d *importDesk) email(foreign port.ForeignUser) domain.Identifier {
	if strings.TrimSpace(foreign.Email) == "" {
		return domain.Identifier{}
	}
	email, err := domain.ParseEmail(foreign.Email)
	if err != nil {
		d.say("email", "invalid_email", 0)
		return domain.Identifier{}
	}
	_, host, _ := strings.Cut(email.Value(), "@")
	if !email.IsPlaceholder(host) {
		return email
	}
	if phone, err := domain.ParsePhone(foreign.Phone); err != nil || phone.Placeholder(host) != email.Value() {
		d.say("email", "odd_placeholder", 0)
	}
	return domain.Identifier{}
}

// phone is the number, unless taking it over would let somebody in by a number that
// nobody has proved and that did not let them in before.
func (d *importDesk) phone(foreign port.ForeignUser, email domain.Identifier) domain.Identifier {
	if strings.TrimSpace(foreign.Phone) == "" {
		return domain.Identifier{}
	}
	phone, err := domain.ParsePhone(foreign.Phone)
	switch {
	case err != nil:
		d.say("phone", "invalid_phone", 0)
		return domain.Identifier{}
	case !email.IsZero() && !foreign.PhoneVerified && !foreign.PhoneSignsIn:
		d.say("phone", "phone_for_contact", 0)
		return domain.Identifier{}
	default:
		return phone
	}
}

// joined is a time that a UUID can have: neither before 1970 nor still to come.
func (d *importDesk) joined(at time.Time) time.Time {
	if at.IsZero() || at.After(d.now) || at.Before(time.Unix(0, 0)) {
		d.say("date_joined", "odd_date", 0)
		return d.now
	}
	return at
}

// username is "" for one that cannot be kept; the store makes another.
func (d *importDesk) username(name string) string {
	if utf8.RuneCountInString(name) > domain.MaxNameRunes || clean(name) != nil {
		return ""
	}
	return strings.TrimSpace(name)
}

// names leaves out what is no name here.
func (d *importDesk) names(p domain.Profile) domain.Profile {
	for _, text := range []struct {
		field string
		value *string
	}{
		{"first_name", &p.FirstName}, {"last_name", &p.LastName}, {"company", &p.Company}, {"position", &p.Position},
	} {
		if *text.value = strings.TrimSpace(*text.value); clean(*text.value) != nil {
			*text.value = ""
			d.say(text.field, "invalid_text", 0)
		}
	}
	return p
}

// clean fails for what no name may have in it.
func clean(text string) error {
	_, err := domain.ProfileChange{FirstName: &text}.Clean()
	return err
}

// sources are where somebody came from, each once, at most one of them first: the
// oldest of those that say so. That one counts from when the user joined, as all
// first sources do.
func (d *importDesk) sources(links []port.ForeignLink, joined time.Time) (sources []domain.UserSource) {
	first := -1
	several := false
	for _, link := range links {
		source, err := d.rules.Parse(link.URL)
		if err != nil {
			d.say("source", domain.ErrInvalidSourceURL.Code, 0)
			continue
		}
		at := slices.IndexFunc(sources, func(s domain.UserSource) bool { return s.Source.ID == source.ID })
		if at < 0 {
			at = len(sources)
			sources = append(sources, domain.UserSource{Source: source, RegisteredAt: d.linked(link.RegisteredAt, joined)})
		}
		switch {
		case link.First && first < 0:
			first = at
		case link.First && first != at:
			several = true
		}
	}
	if several {
		d.say("source", "several_first", 0)
	}
	if first >= 0 {
		sources[first].First, sources[first].RegisteredAt = true, joined
	}
	return sources
}

// linked is when somebody came by a source, as far as anybody knows.
func (d *importDesk) linked(at, joined time.Time) time.Time {
	if at.IsZero() || at.After(d.now) {
		return joined
	}
	return at
}
