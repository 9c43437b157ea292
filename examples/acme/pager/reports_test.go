package pager

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

// reading is a sender that reads reports signed with "the report key".
func reading(testing.TB) *ReportingSender {
	return &ReportingSender{&Sender{config: Config{ReportKey: "the report key"}}}
}

// called is a call of Acme, signed with a key.
func called(key, body string) port.WebhookCall {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	signature := hex.EncodeToString(mac.Sum(nil))
	header := http.Header{signatureHeader: {signature}}
	return port.WebhookCall{
		Method: http.MethodPost, URL: "https://id.example.com/webhooks/acme", Header: header.Get, Body: []byte(body),
	}
}

func reported(key string) func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
	return func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
		body, err := json.Marshal(report{
			At: at.Unix(), Reference: string(told.ChallengeID) + "/" + told.DeliveryID, Status: string(told.Status),
		})
		if err != nil {
			t.Fatal(err)
		}
		return called(key, string(body))
	}
}

func TestReports_contract(t *testing.T) {
	contract.DeliveryReports(t, contract.ReportsSetup{
		Open: func(t testing.TB) port.DeliveryReports { return reading(t) },
		Call: reported("the report key"), Forge: reported("another key"),
		Strange: func(t testing.TB, at time.Time) []port.WebhookCall {
			call := reported("the report key")
			return []port.WebhookCall{
				called("the report key", "{}{"),
				call(t, domain.DeliveryReport{ChallengeID: "c", DeliveryID: "d", Status: domain.DeliverySent}, at),
				call(t, domain.DeliveryReport{ChallengeID: someID, DeliveryID: someID, Status: "beeped"}, at),
			}
		},
		SignatureHeader: signatureHeader, TellsTime: true,
	})
}

const someID = "019cec37-b600-7000-8000-00000000000d"

func TestReasons_contract(t *testing.T) {
	contract.FailureReasons(t, contract.ReasonsSetup{
		Open:  func(t testing.TB) port.FailureReasons { return reading(t) },
		Known: map[string]domain.FailureReason{"off": domain.FailureUnreachable, "beeped": ""},
	})
}
