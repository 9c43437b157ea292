package importing

import "github.com/doorcode-auth/doorcode/application/port"

// Report is a deviation: something of a user that differs from the other product, or
// from what an operator may expect. It shows no address: the id names the user.
type Report struct {
	ForeignID int64  // of the user in the other product
	UserID    int64  // of the user here that has it, or that has it instead; 0 for none
	Field     string // "" for the whole user
	Code      string
	Done      string // what was done
	Cure      string // what the operator can do; "" for nothing
}

// reportTexts explain each code.
var reportTexts = map[string]struct{ done, cure string }{
	"no_address": {
		"left out: neither an e-mail address nor a phone number that a code can be sent to",
		"correct one of the two there and import again",
	},
	"invalid_email": {
		"the address is left out: no code can be sent to it",
		"correct it there and import again, or ask for another",
	},
	"invalid_phone": {
		"the number is left out: it is not in international form, +15551234567",
		"correct it there and import again, or ask for another",
	},
	"odd_placeholder": {
		"the address is left out: it is a placeholder, though of another number than theirs",
		"see which number is theirs",
	},
	"phone_for_contact": {
		"the number is left out: it is not verified, and beside an e-mail address it would open the account to its holder",
		"let them add it themselves",
	},
	"email_unproved": {
		"the address is left out: it is not verified, and beside a verified number it would open the account to its holder",
		"let them sign in with the number; " +
			"if the other product never sets an address without verifying it, see --trust-emails",
	},
	"odd_date": {
		"the date is missing, before 1970 or in the future: " +
			"joined now, never signed in, came by the source when they joined",
		"correct it there and import again into an empty database",
	},
	"invalid_text":       {"left empty: too long or with control characters", "let them enter it again"},
	"invalid_source_url": {"the source is left out: its URL is neither http nor https", ""},
	"several_first":      {"the oldest of several first sources is the first, the others are later ones", ""},
	"email_taken": {
		"the address stays with the user that has it", "find out the owner; two people are never made one",
	},
	"phone_taken": {
		"the number stays with the user that has it", "find out the owner; two people are never made one",
	},
	"all_taken": {
		"left out: what they could sign in with belongs to others",
		"see whether they are the same people, and correct it there or here",
	},
	"two_users": {
		"left out: the address belongs to one user here and the number to another",
		"compare the two, delete or correct one, and import again",
	},
	"new_number": {
		"has another number here: theirs was taken or out of range", "correct it where other tables refer to it",
	},
	"new_username": {"has another username: theirs was taken or not valid", ""},
	"not_completed": {
		"was here already and stays as they are, without the names and sources from there: " +
			"no address of theirs is verified both there and here",
		"let them enter their names",
	},
	"email_not_added": {
		"was here already without this e-mail address, which was not added", "let them add it themselves",
	},
	"phone_not_added": {
		"was here already without this phone number, which was not added", "let them add it themselves",
	},
	"other_rights": {
		"was here already with other rights (active, staff, superuser), which stay as they are",
		"see which are right: doorcode user show",
	},
}

// report reports a deviation of the current user.
func (i *importer) report(field, code string, userID int64) {
	i.out.Reports++
	if i.in.Report == nil {
		return
	}
	text := reportTexts[code]
	i.in.Report(Report{
		ForeignID: i.foreign.ID, UserID: userID, Field: field, Code: code, Done: text.done, Cure: text.cure,
	})
}

// reportResult reports how the stored user differs from the given one.
func (i *importer) reportResult(result port.ImportedUser) {
	switch {
	case result.Outcome != port.ImportSkipped:
	case result.EmailOwner != 0 && result.PhoneOwner != 0 && result.EmailOwner != result.PhoneOwner:
		i.report("", "two_users", result.EmailOwner)
		return
	default:
		i.report("", "all_taken", max(result.EmailOwner, result.PhoneOwner))
		return
	}
	if result.EmailOwner != 0 {
		i.report("email", "email_taken", result.EmailOwner)
	}
	if result.PhoneOwner != 0 {
		i.report("phone", "phone_taken", result.PhoneOwner)
	}
	stored, given := result.User, i.user.User
	if result.IDChanged {
		i.report("id", "new_number", stored.ID)
	}
	if result.UsernameChanged {
		i.report("username", "new_username", stored.ID)
	}
	if result.Outcome == port.ImportAdded {
		return
	}
	if result.Withheld {
		i.report("", "not_completed", stored.ID)
	}
	if given.Email != "" && given.Email != stored.Email && result.EmailOwner == 0 {
		i.report("email", "email_not_added", stored.ID)
	}
	if given.Phone != "" && given.Phone != stored.Phone && result.PhoneOwner == 0 {
		i.report("phone", "phone_not_added", stored.ID)
	}
	if given.IsActive != stored.IsActive || given.IsStaff != stored.IsStaff || given.IsSuperuser != stored.IsSuperuser {
		i.report("", "other_rights", stored.ID)
	}
}
