package sendgrid

import (
	"errors"
	"math"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"github.com/doorcode-auth/doorcode/application/port"
)

// The custom arguments of a message, which every event about it has as members.
const (
	argChallenge = "doorcode_challenge"
	argDelivery  = "doorcode_delivery"
)

// writeLetter makes the request of a message: its text, or what a template makes one
// of.
func writeLetter(m port.CodeMessage, templateID string) ([]byte, error) {
	text, err := m.Compose()
	if err != nil {
		return nil, err
	}
	if text.From.Address == "" {
		return nil, errors.New("it is from nobody: set email.from")
	}
	to := mail.NewPersonalization()
	to.AddTos(mail.NewEmail("", m.To.Value()))
	l := mail.NewV3Mail().SetFrom(mail.NewEmail(text.From.Name, text.From.Address)).AddPersonalizations(to)
	l.Subject = text.Subject
	l.SetHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies
	l.SetCustomArg(argChallenge, string(m.ChallengeID))
	l.SetCustomArg(argDelivery, m.DeliveryID)
	l.SetTrackingSettings(mail.NewTrackingSettings().
		SetClickTracking(mail.NewClickTrackingSetting().SetEnable(false).SetEnableText(false)).
		SetOpenTracking(mail.NewOpenTrackingSetting().SetEnable(false)).
		SetSubscriptionTracking(mail.NewSubscriptionTrackingSetting().SetEnable(false)).
		SetGoogleAnalytics(mail.NewGaSetting().SetEnable(false)))
	if templateID == "" {
		l.AddContent(mail.NewContent("text/plain", text.Body))
		if text.HTML != "" {
			l.AddContent(mail.NewContent("text/html", text.HTML))
		}
		return mail.GetRequestBody(l), nil
	}
	l.SetTemplateID(templateID)
	for key, value := range map[string]any{
		"code": m.Code.Reveal(), "product": text.From.Name, "subject": text.Subject,
		"expiry":     max(1, int(math.Round(m.ExpiresIn.Minutes()))),
		"expires_at": m.ExpiresAt.UTC().Format(time.RFC3339), "purpose": string(m.Purpose), "locale": m.Locale,
	} {
		to.SetDynamicTemplateData(key, value)
	}
	return mail.GetRequestBody(l), nil
}
