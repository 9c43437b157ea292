package pager

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	signatureHeader = "Acme-Signature" // HMAC-SHA256 of the body, in hexadecimal
	maxAge          = 10 * time.Minute
)

// statuses are how far a page has come, reasons why it did not, by Acme's words.
var (
	statuses = map[string]domain.DeliveryStatus{
		"sent": domain.DeliverySent, "delivered": domain.DeliveryDelivered, "failed": domain.DeliveryFailed,
	}
	reasons = map[string]domain.FailureReason{
		"gone": domain.FailureNoRecipient, "off": domain.FailureUnreachable, "blocked": domain.FailureBlocked,
	}
)

// ReportingSender is a Sender whose account signs reports.
type ReportingSender struct{ *Sender }

// report is the body of a call. The reference is in it, and so it is signed, as the URL is
// not.
type report struct {
	At        int64  `json:"at"` // in seconds
	Reference string `json:"reference"`
	Status    string `json:"status"`
	Error     string `json:"error"`
}

// ReadReports implements port.DeliveryReports.
func (s *ReportingSender) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	mac := hmac.New(sha256.New, []byte(s.config.ReportKey))
	mac.Write(call.Body)
	signature, err := hex.DecodeString(call.Header(signatureHeader))
	if err != nil || !hmac.Equal(signature, mac.Sum(nil)) {
		return nil, domain.ErrPermissionDenied.Because(errors.New("read report of acme: not signed with acme.report_key"))
	}
	var told report
	if json.Unmarshal(call.Body, &told) != nil {
		return nil, nil
	}
	at := time.Unix(told.At, 0).UTC()
	if call.Now.Sub(at).Abs() > maxAge {
		return nil, domain.ErrPermissionDenied.Because(errors.New("read report of acme: the call is old"))
	}
	challenge, delivery, _ := strings.Cut(told.Reference, "/")
	if statuses[told.Status] == "" || !domain.IsUUID(challenge) || !domain.IsUUID(delivery) {
		return nil, nil
	}
	return []domain.DeliveryReport{{
		ChallengeID: domain.ChallengeID(challenge), DeliveryID: delivery, At: at,
		Status: statuses[told.Status], ErrorCode: told.Error,
	}}, nil
}

// FailureReason implements port.FailureReasons.
func (s *ReportingSender) FailureReason(errorCode string) domain.FailureReason {
	return reasons[errorCode]
}
