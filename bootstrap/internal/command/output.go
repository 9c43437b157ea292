package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/domain"
)

// output is what a command prints: text, or a value as JSON with --output json. The zero
// output prints nothing.
type output struct {
	text string
	json any
}

// outputFlag is the value of --output.
func (p *program) outputFlag(format string) error {
	if format != "text" && format != "json" {
		return errors.New("--output wants text or json")
	}
	p.json = format == "json"
	return nil
}

func (p *program) show(r output) error {
	if !p.json || r.json == nil {
		_, err := io.WriteString(p.stdout, r.text)
		return err
	}
	encoder := json.NewEncoder(p.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r.json)
}

// columns aligns the cells of rows.
func columns(rows [][]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // into memory
	return b.String()
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

// userJSON is a user as stored, without a placeholder for a missing address.
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
		u.ID, u.UUID, u.Email, u.EmailVerified, u.Phone, u.PhoneVerified, u.Username, u.FirstName, u.LastName,
		u.FullName(), u.Company, u.Position, u.IsActive, u.IsStaff, u.IsSuperuser, u.DateJoined, nil,
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

// sessionJSON has the fields of domain.Session.
type sessionJSON struct {
	ID         string             `json:"id"`
	UserID     int64              `json:"-"`
	Channel    domain.ChannelName `json:"channel"`
	AMR        []string           `json:"amr"`
	UserAgent  string             `json:"user_agent"`
	Address    string             `json:"address"`
	CreatedAt  time.Time          `json:"created_at"`
	LastUsedAt time.Time          `json:"last_used_at"`
	Generation int64              `json:"generation"`
}

type userSourceJSON struct {
	Source            sourceJSON `json:"source"`
	FirstRegistration bool       `json:"first_registration"`
	RegisteredAt      time.Time  `json:"registered_at"`
	URL               string     `json:"url"`
}

type sourceJSON struct {
	ID          string                `json:"id"`
	DisplayName string                `json:"display_name"`
	Category    domain.SourceCategory `json:"category"`
	Channel     domain.SourceChannel  `json:"channel"`
	Origin      string                `json:"origin"`
	campaignJSON
}

// campaignJSON has the fields of domain.Campaign.
type campaignJSON struct {
	Source  string `json:"utm_source"`
	Medium  string `json:"utm_medium"`
	Name    string `json:"utm_campaign"`
	Term    string `json:"utm_term"`
	Content string `json:"utm_content"`
}

func jsonSource(s domain.RegistrationSource) sourceJSON {
	return sourceJSON{s.ID, s.DisplayName, s.Category, s.Channel, s.Origin, campaignJSON(s.Campaign)}
}

func jsonAccount(account domain.Account) accountJSON {
	shown := accountJSON{User: jsonUser(account.User), Sessions: []sessionJSON{}, Sources: []userSourceJSON{}}
	for _, s := range account.Sessions {
		shown.Sessions = append(shown.Sessions, sessionJSON(s))
	}
	for _, link := range account.Sources {
		shown.Sources = append(shown.Sources,
			userSourceJSON{jsonSource(link.Source), link.First, link.RegisteredAt, link.Source.URL})
	}
	return shown
}

// usersPage is the output of user list.
func usersPage(page accounts.ListAccountsOut) output {
	var next *int64 // null on the last page
	users, rows := []userJSON{}, [][]string{{"ID", "USERNAME", "EMAIL", "PHONE", "NAME", "IS", "JOINED"}}
	for _, u := range page.Users {
		users = append(users, jsonUser(u))
		rows = append(rows, []string{
			strconv.FormatInt(u.ID, 10), u.Username, u.Email, u.Phone, printable(u.FullName()), standing(u),
			u.DateJoined.Format(time.DateOnly),
		})
	}
	text := columns(rows)
	if page.NextAfter != 0 {
		next = &page.NextAfter
		text += fmt.Sprintf("There are more: --after %d\n", page.NextAfter)
	}
	if len(users) == 0 {
		text = "No users.\n"
	}
	return output{text, map[string]any{"results": users, "next_after": next}}
}

// storedIdentifierJSON is an identifier that is not stored in its canonical form.
type storedIdentifierJSON struct {
	UserID      int64                     `json:"user_id"`
	Field       domain.Kind               `json:"field"`
	Stored      string                    `json:"stored"`
	Canonical   string                    `json:"canonical"` // "" if invalid
	Status      accounts.IdentifierStatus `json:"status"`
	OtherUserID int64                     `json:"other_user_id,omitempty"` // that has the canonical form
}

// canonicalizePage is the output of user canonicalize.
func canonicalizePage(found accounts.CanonicalizeIdentifiersOut, applied bool) output {
	identifiers, rows := []storedIdentifierJSON{}, [][]string{{"USER", "STORED", "CANONICAL", "RESULT"}}
	count := map[accounts.IdentifierStatus]int{}
	for _, i := range found.Identifiers {
		count[i.Status]++
		identifiers = append(identifiers, storedIdentifierJSON{
			i.UserID, i.Kind, i.Stored, i.Canonical.Value(), i.Status, i.OwnerID,
		})
		result := string(i.Status)
		if i.Status == accounts.IdentifierTaken {
			result += " by user " + strconv.FormatInt(i.OwnerID, 10)
		}
		rows = append(rows, []string{strconv.FormatInt(i.UserID, 10), printable(i.Stored), i.Canonical.Value(), result})
	}
	text := "All identifiers are canonical.\n"
	if len(identifiers) > 0 {
		text = columns(rows)
	}
	for _, about := range []struct {
		n    int
		text string
	}{
		{count[accounts.IdentifierOld], "in an old form: --apply corrects these"},
		{count[accounts.IdentifierChanged], "corrected"},
		{count[accounts.IdentifierTaken], "of two users: delete one of the two (doorcode user delete), then repeat this"},
		{count[accounts.IdentifierInvalid], "invalid: no code reaches the user by it"},
	} {
		if about.n > 0 {
			text += fmt.Sprintf("%d %s\n", about.n, about.text)
		}
	}
	return output{text, map[string]any{"users": found.Users, "applied": applied, "identifiers": identifiers}}
}

// accountPage is the text of user show.
func accountPage(account domain.Account) string {
	u := account.User
	rows := [][2]string{
		{"id", strconv.FormatInt(u.ID, 10)},
		{"uuid", u.UUID},
		{"username", u.Username},
		{"email", verified(u.Email, u.EmailVerified)},
		{"phone", verified(u.Phone, u.PhoneVerified)},
		{"name", u.FullName()},
		{"company", u.Company},
		{"position", u.Position},
		{"is", standing(u)},
		{"joined", u.DateJoined.Format(time.RFC3339)},
	}
	if !u.LastLogin.IsZero() {
		rows = append(rows, [2]string{"last login", u.LastLogin.Format(time.RFC3339)})
	}
	for _, s := range account.Sessions {
		rows = append(rows, [2]string{"session", fmt.Sprintf("%s by %s since %s, last used %s, from %s %s", s.ID, s.Channel,
			s.CreatedAt.Format(time.RFC3339), s.LastUsedAt.Format(time.RFC3339), s.Address, s.UserAgent)})
	}
	for _, link := range account.Sources {
		name := "came by"
		if link.First {
			name = "first by"
		}
		rows = append(rows, [2]string{name, fmt.Sprintf("%s (%s, %s) at %s: %s", link.Source.DisplayName,
			link.Source.Category, link.Source.Channel, link.RegisteredAt.Format(time.RFC3339), link.Source.URL)})
	}
	var b strings.Builder
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(&b, "%-12s%s\n", row[0], printable(row[1]))
		}
	}
	return b.String()
}

func verified(address string, is bool) string {
	if address != "" && !is {
		return address + " (not verified)"
	}
	return address
}

// standing lists the attributes of a user.
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
