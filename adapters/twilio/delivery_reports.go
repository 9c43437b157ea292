package twilio

import (
	"bytes"
	"cmp"
	"errors"
	"net/url"
	"regexp"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const signatureHeader = "X-Twilio-Signature"

// Limits of a report. Twilio's have 1 KB and about 20 members; the library takes quadratic
// time to verify the signature of an unauthenticated call.
const (
	maxReport  = 64 << 10
	maxMembers = 128
)

var (
	errNoReport  = errors.New("read report of twilio: this is no report")
	errSignature = errors.New("read report of twilio: the signature is not the account's: " +
		"check twilio.auth_token and http.public_url")
)

// reportedStatus is how far a message has come, by Twilio's word for it.
var reportedStatus = map[string]domain.DeliveryStatus{
	"accepted": domain.DeliveryQueued, "scheduled": domain.DeliveryQueued,
	"queued": domain.DeliveryQueued, "sending": domain.DeliveryQueued,
	"sent": domain.DeliverySent, "delivered": domain.DeliveryDelivered, "read": domain.DeliveryRead,
	"undelivered": domain.DeliveryFailed, "failed": domain.DeliveryFailed, "canceled": domain.DeliveryFailed,
}

// What our names for things, and Twilio's errors, look like.
var (
	ourName   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	errorCode = regexp.MustCompile(`^[1-9][0-9]{2,5}$`)
)

// ReadReports reads one callback. Twilio signs the address it was given, which names
// the delivery, and every member of the form; of a member that comes twice it is the
// first that is signed, so the first is what counts. It tells no time, so an old
// callback cannot be told from a new one: what is told twice must change nothing.
func (s *Sender) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	if len(call.Body) > maxReport || bytes.Count(call.Body, []byte("&")) >= maxMembers {
		return nil, domain.ErrPermissionDenied.Because(errNoReport)
	}
	form, err := url.ParseQuery(string(call.Body))
	if err != nil { // which may quote it
		return nil, domain.ErrPermissionDenied.Because(errNoReport)
	}
	members := make(map[string]string, len(form))
	for member, values := range form {
		members[member] = values[0]
	}
	if !s.validator.Validate(call.URL, members, call.Header(signatureHeader)) {
		return nil, domain.ErrPermissionDenied.Because(errSignature)
	}
	address, err := url.Parse(call.URL)
	if err != nil || members["AccountSid"] != s.line.config.AccountSID {
		return nil, nil
	}
	query := address.Query()
	report := domain.DeliveryReport{
		ChallengeID: domain.ChallengeID(query.Get("challenge")), DeliveryID: query.Get("delivery"), At: call.Now,
		Status:    reportedStatus[cmp.Or(members["MessageStatus"], members["SmsStatus"])],
		MessageID: cmp.Or(members["MessageSid"], members["SmsSid"]), // the new name and the old one
		ErrorCode: members["ErrorCode"],
	}
	if report.Status == "" || !ourName.MatchString(string(report.ChallengeID)) || !ourName.MatchString(report.DeliveryID) {
		return nil, nil
	}
	if !messageSID.MatchString(report.MessageID) {
		report.MessageID = ""
	}
	if !errorCode.MatchString(report.ErrorCode) {
		report.ErrorCode = ""
	}
	return []domain.DeliveryReport{report}, nil
}
