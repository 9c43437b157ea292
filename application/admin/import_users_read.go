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
func (d *importDesk) read(foreign port.ForeignUser, c claims) (port.ImportUser, bool) {
	if foreign.Deleted {
		d.out.Deleted++
		return port.ImportUser{}, false
	}
	for _, note := range c.notes {
		d.say(note.field, note.code, 0)
	}
	if c.email.IsZero() && c.phone.IsZero() {
		d.out.LeftOut++
		d.say("", "no_address", 0)
		return port.ImportUser{}, false
	}
	joined := d.joined(foreign.DateJoined)
	return port.ImportUser{
		User: domain.User{
			ID:            number(foreign.ID),
			UUID:          d.random.UUID(joined),
			Email:         c.email.Value(),
			EmailVerified: c.proved && !c.email.IsZero(),
			Phone:         c.phone.Value(),
			PhoneVerified: c.proved && !c.phone.IsZero(),
			Username:      d.username(foreign.Username),
			Profile:       d.names(foreign.Profile),
			IsActive:      foreign.IsActive,
			IsStaff:       foreign.IsStaff,
			IsSuperuser:   foreign.IsSuperuser,
			DateJoined:    joined,
			LastLogin:     d.lastLogin(foreign.LastLogin),
		},
		Sources: d.sources(foreign.Links, joined),
	}, true
}

// number is 0 for one that nobody can have here; the store gives another.
func number(id int64) int64 {
	if id > port.MaxUserID {
		return 0
	}
	return max(id, 0)
}

// joined is a time that a UUID can have.
func (d *importDesk) joined(at time.Time) time.Time {
	if d.odd(at) {
		d.say("date_joined", "odd_date", 0)
		return d.now
	}
	return at
}

// lastLogin is none for one that cannot have been.
func (d *importDesk) lastLogin(at time.Time) time.Time {
	if !at.IsZero() && d.odd(at) {
		d.say("last_login", "odd_date", 0)
		return time.Time{}
	}
	return at
}

// odd reports whether nothing can have happened then: before 1970 or later than now.
func (d *importDesk) odd(at time.Time) bool {
	return at.Before(time.Unix(0, 0)) || at.After(d.now)
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
	if d.odd(at) {
		d.say("source", "odd_date", 0)
		return joined
	}
	return at
}
