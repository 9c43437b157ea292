package admin

import "github.com/doorcode-auth/doorcode/application/port"

// ImportReport is something about somebody that is not as it was where they come from,
// or not as one may expect. It has no address in it: the id tells who it is.
type ImportReport struct {
	ForeignID int64  // there
	UserID    int64  // here, the user whom it is about or who has it instead; 0 for none
	Field     string // "" for the whole
	Code      string
	Done      string // what was done
	Cure      string // what to do; "" for nothing
}

// importWords say what each code means.
var importWords = map[string]struct{ done, cure string }{
	"no_address":         {"left out: neither an e-mail address nor a phone number that a code can be sent to", "correct one of the two there and import again"},
	"invalid_email":      {"the address is left out: it is none that a code can be sent to", "correct it there and import again, or ask for another"},
	"invalid_phone":      {"the number is left out: it is not in international form, +15551234567", "correct it there and import again, or ask for another"},
	"odd_placeholder":    {"the address is left out: it is a placeholder, though of another number than theirs", "see which number is theirs"},
	"phone_for_contact":  {"the number is left out: nobody has proved it, and beside an e-mail address it would open the account to whoever has it", "let them add it themselves"},
	"email_unproved":     {"the address is left out: nobody has proved it, and beside a proved number it would open the account to whoever has it", "let them sign in with the number; if nobody there could set an address without proving it, see --trust-emails"},
	"odd_date":           {"the date is missing, before 1970 or still to come: joined now, never signed in, came by the source when they joined", "correct it there and import again into an empty database"},
	"invalid_text":       {"left empty: too long or with control characters", "let them enter it again"},
	"invalid_source_url": {"the source is left out: its URL is none of http or https", ""},
	"several_first":      {"the oldest of several first sources is the first, the others are later ones", ""},
	"email_taken":        {"the address stays with the user who has it", "see whose it is; two people are never made one"},
	"phone_taken":        {"the number stays with the user who has it", "see whose it is; two people are never made one"},
	"all_taken":          {"left out: what they could sign in with belongs to others", "see whether they are the same people, and correct it there or here"},
	"two_users":          {"left out: the address belongs to one user here and the number to another", "see who they are, delete or correct one of the two, and import again"},
	"new_number":         {"has another number here: theirs was taken or cannot be one", "correct it where other tables refer to it"},
	"new_username":       {"has another username: theirs was taken or cannot be one", ""},
	"not_completed":      {"was here already and stays as they are, without the names and sources from there: no address of theirs is proved both there and here", "let them enter their names"},
	"email_not_added":    {"was here already without this e-mail address, which was not added", "let them add it themselves"},
	"phone_not_added":    {"was here already without this phone number, which was not added", "let them add it themselves"},
	"other_rights":       {"was here already with other rights (active, staff, superuser), which stay as they are", "see which are right: doorcode user show"},
}

// say reports something about the one who is being read.
func (d *importDesk) say(field, code string, userID int64) {
	words := importWords[code]
	d.out.Reports++
	if d.report != nil {
		d.report(ImportReport{ForeignID: d.at.ID, UserID: userID, Field: field, Code: code, Done: words.done, Cure: words.cure})
	}
}

// compare reports in what a user differs from what was given.
func (d *importDesk) compare(told port.ImportedUser) {
	switch {
	case told.Outcome == port.ImportSkipped && told.EmailOwner != 0 && told.PhoneOwner != 0 && told.EmailOwner != told.PhoneOwner:
		d.say("", "two_users", told.EmailOwner)
		return
	case told.Outcome == port.ImportSkipped:
		d.say("", "all_taken", max(told.EmailOwner, told.PhoneOwner))
		return
	}
	if told.EmailOwner != 0 {
		d.say("email", "email_taken", told.EmailOwner)
	}
	if told.PhoneOwner != 0 {
		d.say("phone", "phone_taken", told.PhoneOwner)
	}
	if told.IDChanged {
		d.say("id", "new_number", told.User.ID)
	}
	if told.UsernameChanged {
		d.say("username", "new_username", told.User.ID)
	}
	if told.Outcome != port.ImportAdded {
		d.compareKept(told)
	}
}

func (d *importDesk) compareKept(told port.ImportedUser) {
	is, was := told.User, d.given.User
	if told.Withheld {
		d.say("", "not_completed", is.ID)
	}
	if was.Email != "" && was.Email != is.Email && told.EmailOwner == 0 {
		d.say("email", "email_not_added", is.ID)
	}
	if was.Phone != "" && was.Phone != is.Phone && told.PhoneOwner == 0 {
		d.say("phone", "phone_not_added", is.ID)
	}
	if was.IsActive != is.IsActive || was.IsStaff != is.IsStaff || was.IsSuperuser != is.IsSuperuser {
		d.say("", "other_rights", is.ID)
	}
}
