package command

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/domain"
)

// userJSON is a user as the commands print them: as they are stored, without a
// placeholder for an address that is not there.
type userJSON struct {
	ID            int64      `json:"id"`
	UUID          string     `json:"uuid"`
	Email         string     `json:"email"`
	EmailVerified bool       `json:"email_verified"`
	Phone         string     `json:"phone"`
	PhoneVerified bool       `json:"phone_verified"`
	Username      string     `json:"username"`
	FirstName     string     `json:"first_name"`
	LastName      string     `json:"last_name"`
	FullName      string     `json:"full_name"`
	Company       string     `json:"company"`
	Position      string     `json:"position"`
	IsActive      bool       `json:"is_active"`
	IsStaff       bool       `json:"is_staff"`
	IsSuperuser   bool       `json:"is_superuser"`
	DateJoined    time.Time  `json:"date_joined"`
	LastLogin     *time.Time `json:"last_login"`
}

func jsonUser(u domain.User) userJSON {
	shown := userJSON{
		ID: u.ID, UUID: u.UUID, Email: u.Email, EmailVerified: u.EmailVerified, Phone: u.Phone,
		PhoneVerified: u.PhoneVerified,
		Username:      u.Username, FirstName: u.FirstName, LastName: u.LastName, FullName: u.FullName(), Company: u.Company,
		Position: u.Position,
		IsActive: u.IsActive, IsStaff: u.IsStaff, IsSuperuser: u.IsSuperuser, DateJoined: u.DateJoined,
	}
	if !u.LastLogin.IsZero() {
		shown.LastLogin = &u.LastLogin
	}
	return shown
}

// accountJSON is what user show and user export print.
type accountJSON struct {
	ExportedAt *time.Time       `json:"exported_at,omitempty"`
	User       userJSON         `json:"user"`
	Sessions   []sessionJSON    `json:"sessions"`
	Sources    []userSourceJSON `json:"sources"`
}

type sessionJSON struct {
	ID         string    `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	Generation int64     `json:"generation"`
	Channel    string    `json:"channel"`
	AMR        []string  `json:"amr"`
	UserAgent  string    `json:"user_agent"`
	Address    string    `json:"address"`
}

type userSourceJSON struct {
	Source struct {
		ID          string                `json:"id"`
		DisplayName string                `json:"display_name"`
		Category    domain.SourceCategory `json:"category"`
		Channel     domain.SourceChannel  `json:"channel"`
		Origin      string                `json:"origin"`
		UTMSource   string                `json:"utm_source"`
		UTMMedium   string                `json:"utm_medium"`
		UTMCampaign string                `json:"utm_campaign"`
		UTMTerm     string                `json:"utm_term"`
		UTMContent  string                `json:"utm_content"`
	} `json:"source"`
	FirstRegistration bool      `json:"first_registration"`
	RegisteredAt      time.Time `json:"registered_at"`
	URL               string    `json:"url"`
}

func jsonAccount(account domain.Account) accountJSON {
	shown := accountJSON{User: jsonUser(account.User), Sessions: []sessionJSON{}, Sources: []userSourceJSON{}}
	for _, s := range account.Sessions {
		shown.Sessions = append(shown.Sessions, sessionJSON{
			s.ID, s.CreatedAt, s.LastUsedAt, s.Generation, string(s.Channel), s.AMR, s.UserAgent, s.Address,
		})
	}
	for _, link := range account.Sources {
		row := userSourceJSON{FirstRegistration: link.First, RegisteredAt: link.RegisteredAt, URL: link.Source.URL}
		source, from, campaign := &row.Source, link.Source, link.Source.Campaign
		source.ID, source.DisplayName, source.Origin = from.ID, from.DisplayName, from.Origin
		source.Category, source.Channel = from.Category, from.Channel
		source.UTMSource, source.UTMMedium, source.UTMCampaign = campaign.Source, campaign.Medium, campaign.Name
		source.UTMTerm, source.UTMContent = campaign.Term, campaign.Content
		shown.Sources = append(shown.Sources, row)
	}
	return shown
}

// usersJSON is what user list prints.
type usersJSON struct {
	Results   []userJSON `json:"results"`
	NextAfter *int64     `json:"next_after"` // null on the last page
}

func jsonUsers(page accounts.ListAccountsOut) usersJSON {
	shown := usersJSON{Results: []userJSON{}}
	for _, u := range page.Users {
		shown.Results = append(shown.Results, jsonUser(u))
	}
	if page.NextAfter != 0 {
		shown.NextAfter = &page.NextAfter
	}
	return shown
}

// usersPage is a page for people.
func usersPage(page accounts.ListAccountsOut) string {
	if len(page.Users) == 0 {
		return "Nobody.\n"
	}
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tUSERNAME\tEMAIL\tPHONE\tNAME\tIS\tJOINED")
	for _, u := range page.Users {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n",
			u.ID, u.Username, u.Email, u.Phone, printable(u.FullName()), standing(u), u.DateJoined.Format(time.DateOnly))
	}
	_ = table.Flush() // into memory
	if page.NextAfter != 0 {
		fmt.Fprintf(&b, "There are more: --after %d\n", page.NextAfter)
	}
	return b.String()
}

// accountPage is an account for people.
func accountPage(account domain.Account) string {
	var b strings.Builder
	u := account.User
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s%s\n", name, printable(value))
		}
	}
	row("id", fmt.Sprint(u.ID))
	row("uuid", u.UUID)
	row("username", u.Username)
	row("email", verified(u.Email, u.EmailVerified))
	row("phone", verified(u.Phone, u.PhoneVerified))
	row("name", u.FullName())
	row("company", u.Company)
	row("position", u.Position)
	row("is", standing(u))
	row("joined", u.DateJoined.Format(time.RFC3339))
	if !u.LastLogin.IsZero() {
		row("last login", u.LastLogin.Format(time.RFC3339))
	}
	for _, s := range account.Sessions {
		row("session", fmt.Sprintf("%s by %s since %s, last used %s, from %s %s", s.ID, s.Channel,
			s.CreatedAt.Format(time.RFC3339), s.LastUsedAt.Format(time.RFC3339), s.Address, s.UserAgent))
	}
	for _, link := range account.Sources {
		which := "came by"
		if link.First {
			which = "first by"
		}
		row(which, fmt.Sprintf("%s (%s, %s) at %s: %s", link.Source.DisplayName, link.Source.Category, link.Source.Channel,
			link.RegisteredAt.Format(time.RFC3339), link.Source.URL))
	}
	return b.String()
}

func verified(address string, is bool) string {
	if address != "" && !is {
		return address + " (not verified)"
	}
	return address
}

// standing is what a user is, in words.
func standing(u domain.User) string {
	words := []string{"active"}
	if !u.IsActive {
		words[0] = "disabled"
	}
	if u.IsStaff {
		words = append(words, "staff")
	}
	if u.IsSuperuser {
		words = append(words, "superuser")
	}
	return strings.Join(words, ",")
}

// fullName names a user unambiguously.
func fullName(u domain.User) string {
	return fmt.Sprintf("%s (id %d, %s)", u.Username, u.ID, u.Identifier().Value())
}

// printable escapes what would control a terminal.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}
