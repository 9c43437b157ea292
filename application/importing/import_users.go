// Package importing imports the users of another product, such as a Django project.
// It decides which of their addresses, names, dates and sources can be kept, and
// reports what cannot. It knows neither the other product's database nor ours: those
// are port.ForeignUsers and port.UserImports.
package importing

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ImportUsers imports the users of another product.
type ImportUsers struct {
	ports Ports
	rules domain.SourceRules
}

// Ports are what ImportUsers needs.
type Ports struct {
	ForeignUsers port.ForeignUsers
	UserImports  port.UserImports
	PhoneNumbers port.PhoneNumbers
	Clock        port.Clock
	Random       port.Random
}

// NewImportUsers makes the use case. The rules classify the sources.
func NewImportUsers(p Ports, rules domain.SourceRules) *ImportUsers {
	return &ImportUsers{p, rules}
}

// ImportUsersIn says how to import.
type ImportUsersIn struct {
	DryRun   bool                    // do everything, and keep nothing
	Report   func(Report)            // receives every deviation; nil ignores them
	Progress func(done, foreign int) // is called for each foreign user; nil is not
}

// ImportUsersOut counts the result. Each foreign user counts in exactly one of Added,
// Completed, Unchanged, LeftOut and Deleted.
type ImportUsersOut struct {
	Foreign   int // users of the other product
	Added     int
	Completed int // existed, and have more now
	Unchanged int // existed, with everything
	LeftOut   int // each with a report
	Deleted   int // were deleted there, and so not imported
	Linked    int // links to sources that were made
	Reports   int
}

// Do imports all users or, when it fails, none.
func (uc *ImportUsers) Do(ctx context.Context, in ImportUsersIn) (out ImportUsersOut, err error) {
	count, err := uc.ports.ForeignUsers.Count(ctx)
	if err != nil {
		return ImportUsersOut{}, err
	}
	out.Foreign = count.Users
	i := &importer{ImportUsers: uc, now: uc.ports.Clock.Now(), out: &out, in: in}
	err = uc.ports.UserImports.Import(ctx, port.UserImport{
		Users: i.users(ctx),
		MaxID: count.MaxID,
		Username: func(id domain.Identifier) string {
			return domain.Username(id, uc.ports.Random.Suffix(domain.UsernameSuffixLen))
		},
		OnImported: i.imported,
		DryRun:     in.DryRun,
	})
	if err != nil {
		return ImportUsersOut{}, err
	}
	return out, nil
}

// importer imports users one at a time.
type importer struct {
	*ImportUsers
	now     time.Time
	out     *ImportUsersOut
	in      ImportUsersIn
	foreign port.ForeignUser // the current user, as read
	user    port.ImportUser  // the same, as handed to the store
}

// users yields the users that can be imported, those with a verified address before
// all others, whatever their ids. The rest is reported and skipped.
func (i *importer) users(ctx context.Context) iter.Seq2[port.ImportUser, error] {
	return func(yield func(port.ImportUser, error) bool) {
		done := 0
		for _, verified := range []bool{true, false} {
			for foreign, err := range i.ports.ForeignUsers.All(ctx) {
				if err != nil {
					yield(port.ImportUser{}, err)
					return
				}
				claims := claimsOf(foreign, i.ports.PhoneNumbers)
				if claims.verified != verified {
					continue
				}
				if done++; i.in.Progress != nil {
					i.in.Progress(done, i.out.Foreign)
				}
				i.foreign = foreign
				user, ok := i.convert(foreign, claims)
				if i.user = user; ok && !yield(user, nil) {
					return
				}
			}
		}
	}
}

// imported counts and reports the result of the current user.
func (i *importer) imported(result port.ImportedUser) {
	switch result.Outcome {
	case port.ImportAdded:
		i.out.Added++
	case port.ImportCompleted:
		i.out.Completed++
	case port.ImportUnchanged:
		i.out.Unchanged++
	case port.ImportSkipped:
		i.out.LeftOut++
	}
	i.out.Linked += result.Linked
	i.reportResult(result)
}

// convert makes a user, unless the foreign one was deleted or has no address that
// codes can be sent to.
func (i *importer) convert(foreign port.ForeignUser, c claims) (port.ImportUser, bool) {
	if foreign.Deleted {
		i.out.Deleted++
		return port.ImportUser{}, false
	}
	for _, d := range c.dropped {
		i.report(d.field, d.code, 0)
	}
	if c.email.IsZero() && c.phone.IsZero() {
		i.out.LeftOut++
		i.report("", "no_address", 0)
		return port.ImportUser{}, false
	}
	joined := foreign.DateJoined
	if i.outOfRange(joined) {
		i.report("date_joined", "odd_date", 0)
		joined = i.now
	}
	lastLogin := foreign.LastLogin
	if !lastLogin.IsZero() && i.outOfRange(lastLogin) {
		i.report("last_login", "odd_date", 0)
		lastLogin = time.Time{}
	}
	id := max(foreign.ID, 0)
	if id > port.MaxUserID {
		id = 0 // the store assigns another
	}
	return port.ImportUser{
		User: domain.User{
			ID:            id,
			UUID:          i.ports.Random.UUID(joined),
			Email:         c.email.Value(),
			EmailVerified: c.verified && !c.email.IsZero(),
			Phone:         c.phone.Value(),
			PhoneVerified: c.verified && !c.phone.IsZero(),
			Username:      username(foreign.Username),
			Profile:       i.profile(foreign.Profile),
			IsActive:      foreign.IsActive,
			IsStaff:       foreign.IsStaff,
			IsSuperuser:   foreign.IsSuperuser,
			DateJoined:    joined,
			LastLogin:     lastLogin,
		},
		Sources: i.sources(foreign.Links, joined),
	}, true
}

// outOfRange reports whether a time is before 1970, which no UUID can hold, or in the
// future.
func (i *importer) outOfRange(at time.Time) bool {
	return at.Before(time.Unix(0, 0)) || at.After(i.now)
}

// username is "" for a name that cannot be kept; the store makes another.
func username(name string) string {
	if utf8.RuneCountInString(name) > domain.MaxNameRunes || !isName(name) {
		return ""
	}
	return strings.TrimSpace(name)
}

// profile empties the texts that are not valid names.
func (i *importer) profile(p domain.Profile) domain.Profile {
	for _, text := range []struct {
		field string
		value *string
	}{
		{"first_name", &p.FirstName}, {"last_name", &p.LastName}, {"company", &p.Company}, {"position", &p.Position},
	} {
		if *text.value = strings.TrimSpace(*text.value); !isName(*text.value) {
			*text.value = ""
			i.report(text.field, "invalid_text", 0)
		}
	}
	return p
}

func isName(text string) bool {
	_, err := domain.ProfileChange{FirstName: &text}.Clean()
	return err == nil
}

// sources classifies links and removes duplicates. At most one source is the first:
// the oldest that is marked so, which counts from the time of joining like every first
// source.
func (i *importer) sources(links []port.ForeignLink, joined time.Time) (sources []domain.UserSource) {
	first := -1
	several := false
	for _, link := range links {
		source, err := i.rules.Parse(link.URL)
		if err != nil {
			i.report("source", domain.ErrInvalidSourceURL.Code, 0)
			continue
		}
		at := slices.IndexFunc(sources, func(s domain.UserSource) bool { return s.Source.ID == source.ID })
		if at < 0 {
			linked := link.RegisteredAt
			if i.outOfRange(linked) {
				i.report("source", "odd_date", 0)
				linked = joined
			}
			at = len(sources)
			sources = append(sources, domain.UserSource{Source: source, RegisteredAt: linked})
		}
		switch {
		case link.First && first < 0:
			first = at
		case link.First && first != at:
			several = true
		}
	}
	if several {
		i.report("source", "several_first", 0)
	}
	if first >= 0 {
		sources[first].First, sources[first].RegisteredAt = true, joined
	}
	return sources
}

// claims are the addresses that a foreign user keeps: the verified ones or, without
// any, one that is not verified. Of two addresses that are not both verified one may
// belong to another person, and a sign-in by it would share the account.
type claims struct {
	email, phone domain.Identifier
	verified     bool // all of them; else none
	dropped      []droppedAddress
}

// droppedAddress is an address that is not kept, by its field, and the report's code.
type droppedAddress struct{ field, code string }

func claimsOf(foreign port.ForeignUser, phones port.PhoneNumbers) claims {
	var c claims
	c.email, c.phone = c.parseEmail(foreign), phones.Canonical(c.parsePhone(foreign))
	emailVerified := foreign.EmailVerified && !c.email.IsZero()
	phoneVerified := foreign.PhoneVerified && !c.phone.IsZero()
	c.verified = emailVerified || phoneVerified
	switch {
	case c.email.IsZero() || c.phone.IsZero():
	case !phoneVerified:
		c.phone = c.drop("phone", "phone_for_contact")
	case !emailVerified:
		c.email = c.drop("email", "email_unproved")
	}
	return c
}

func (c *claims) drop(field, code string) domain.Identifier {
	c.dropped = append(c.dropped, droppedAddress{field, code})
	return domain.Identifier{}
}

// parseEmail ignores a placeholder: phone_ and the digits of the user, at any host.
func (c *claims) parseEmail(foreign port.ForeignUser) domain.Identifier {
	if strings.TrimSpace(foreign.Email) == "" {
		return domain.Identifier{}
	}
	email, err := domain.ParseEmail(foreign.Email)
	if err != nil {
		return c.drop("email", "invalid_email")
	}
	_, host, _ := strings.Cut(email.Value(), "@")
	if !email.IsPlaceholder(host) {
		return email
	}
	if phone, err := domain.ParsePhone(foreign.Phone); err != nil || phone.Placeholder(host) != email.Value() {
		return c.drop("email", "odd_placeholder")
	}
	return domain.Identifier{}
}

func (c *claims) parsePhone(foreign port.ForeignUser) domain.Identifier {
	if strings.TrimSpace(foreign.Phone) == "" {
		return domain.Identifier{}
	}
	phone, err := domain.ParsePhone(foreign.Phone)
	if err != nil {
		return c.drop("phone", "invalid_phone")
	}
	return phone
}
