package sendgrid

import (
	"cmp"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var (
	_ port.CodeSender      = (*ReportingSender)(nil)
	_ port.DeliveryReports = (*ReportingSender)(nil)
)

// ReportingSender is a Sender that reads the event webhook, too.
type ReportingSender struct {
	*Sender
	key *ecdsa.PublicKey
}

// maxAge is how far the time of a call may be away.
const maxAge = 10 * time.Minute

// statuses are what the events of a message mean. Those about opening and clicking are
// not among them: recipients are not tracked.
var statuses = map[string]domain.DeliveryStatus{
	"processed":  domain.DeliverySent,
	"deferred":   domain.DeliverySent, // on its way still
	"delivered":  domain.DeliveryDelivered,
	"spamreport": domain.DeliveryDelivered, // it has arrived
	"bounce":     domain.DeliveryFailed,
	"dropped":    domain.DeliveryFailed,
}

// ReadReports reads a batch of events. What is no such batch, though it is signed,
// tells nothing.
func (s *ReportingSender) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	if err := s.verify(call); err != nil {
		return nil, domain.ErrPermissionDenied.Because(fmt.Errorf("read events of sendgrid: %w", err))
	}
	var batch []json.RawMessage
	if json.Unmarshal(call.Body, &batch) != nil {
		return nil, nil
	}
	var reports []domain.DeliveryReport
	for _, one := range batch {
		if report, ok := readEvent(one, call.Now); ok {
			reports = append(reports, report)
		}
	}
	return reports, nil
}

// verify holds a call against the key: its time and its body are signed together.
func (s *ReportingSender) verify(call port.WebhookCall) error {
	stamp := call.Header(eventwebhook.TimestampHTTPHeader)
	good, err := eventwebhook.VerifySignature(s.key, call.Body, call.Header(eventwebhook.VerificationHTTPHeader), stamp)
	if err != nil || !good {
		return errors.New("the signature is not by sendgrid.webhook_public_key")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errors.New("the time of the call is none")
	}
	if age := call.Now.Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return fmt.Errorf("the call is %s old", age.Round(time.Second))
	}
	return nil
}

// event is one of a batch. Each member stands for itself, so that one of another type
// than ever spoils nothing but itself.
type event map[string]json.RawMessage

// text is a member that is a string of a form, "" if it is not.
func (e event) text(member string, ok func(string) bool) string {
	var text string
	if json.Unmarshal(e[member], &text) != nil || !ok(text) {
		return ""
	}
	return text
}

// statusCode is one of mail servers (RFC 3463).
var statusCode = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)

const maxReason = 60 // of a drop, in bytes

func isReason(text string) bool { return len(text) <= maxReason && isMadeOf(text, " ") }

// isLongName takes what has the name of a message and more behind it.
func isLongName(text string) bool { return len(text) <= 2*maxName && isMadeOf(text, "0123456789._-") }

func isEvent(text string) bool { return statuses[text] != "" }

// readEvent reads what one event tells of a delivery of ours.
func readEvent(raw json.RawMessage, now time.Time) (domain.DeliveryReport, bool) {
	var e event
	if json.Unmarshal(raw, &e) != nil {
		return domain.DeliveryReport{}, false
	}
	kind := e.text("event", isEvent)
	report := domain.DeliveryReport{
		ChallengeID: domain.ChallengeID(e.text(argChallenge, isName)), DeliveryID: e.text(argDelivery, isName),
		Status: statuses[kind], MessageID: shortID(e.text("sg_message_id", isLongName)), At: e.at(now),
	}
	if report.ChallengeID == "" || report.DeliveryID == "" || report.Status == "" {
		return domain.DeliveryReport{}, false
	}
	switch kind {
	case "bounce", "dropped", "spamreport":
		report.ErrorCode = e.errorCode(kind)
	}
	return report, true
}

// errorCode is the status code that the mail server gave, else the reason of a drop, else
// the event. A code x.0.0 names no cause (RFC 3463, 3.1), so the reason comes before it.
func (e event) errorCode(kind string) string {
	code := e.text("status", statusCode.MatchString)
	if code != "" && !strings.HasSuffix(code, ".0.0") {
		return code
	}
	if reason := strings.TrimSpace(e.text("reason", isReason)); kind == "dropped" && reason != "" {
		return strings.Join(strings.Fields(strings.ToLower(reason)), "_")
	}
	return cmp.Or(code, kind)
}

// at is the time of an event, that of the call if it has none that can be.
func (e event) at(now time.Time) time.Time {
	var seconds int64
	if json.Unmarshal(e["timestamp"], &seconds) != nil || seconds <= 0 || seconds > now.Unix() {
		return now
	}
	return time.Unix(seconds, 0).UTC()
}

// shortID is the part of an event's message id that the answer to the request had.
func shortID(id string) string {
	for _, behind := range []string{".filter", ".recv"} {
		id, _, _ = strings.Cut(id, behind)
	}
	return messageID(id)
}
