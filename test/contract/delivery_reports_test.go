package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// loft reads what pigeons bring home, and keeps every promise but the one that a
// test takes away. A pigeon tells its report in the body and the time in a header.
type loft struct {
	key string

	trusting   bool // believes any signature
	careless   bool // believes calls without a signature
	halfBlind  bool // signs the beginning of the body alone
	lax        bool // compares the beginning of signatures
	vague      bool // refuses without saying why
	leaky      bool // refuses, and tells nevertheless
	timeless   bool // looks at no time
	backwards  bool // looks at what is old, not at what is to come
	strict     bool // fails for what it does not know
	greedy     bool // takes what names no delivery
	forgetful  bool // has no time of its own
	mixesCalls bool // tells the report of the call before
	mu         sync.Mutex
	last       domain.DeliveryReport
}

type pigeonNews struct {
	Challenge, Delivery, Status string
}

func signature(key, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(at))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func (l *loft) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	at, told := call.Header("At"), call.Header("Signature")
	if !l.signed(at, told, call.Body) || !l.fresh(at, call.Now) {
		switch {
		case l.vague:
			return nil, domain.ErrInternal
		case !l.leaky:
			return nil, domain.ErrPermissionDenied
		}
		return []domain.DeliveryReport{reportOf(9, domain.DeliveryRead)}, domain.ErrPermissionDenied
	}
	var news pigeonNews
	err := json.Unmarshal(call.Body, &news)
	if known := []string{"delivered", "sent", "failed", "read"}; err != nil || !slices.Contains(known, news.Status) {
		if l.strict {
			return nil, domain.ErrInvalidRequest
		}
		return nil, nil
	}
	if news.Delivery == "" && !l.greedy {
		return nil, nil
	}
	report := domain.DeliveryReport{
		ChallengeID: domain.ChallengeID(news.Challenge), DeliveryID: news.Delivery,
		Status: domain.DeliveryStatus(news.Status),
	}
	if !l.forgetful {
		report.At = call.Now
	}
	if l.mixesCalls {
		l.mu.Lock()
		report, l.last = l.last, report
		l.mu.Unlock()
	}
	return []domain.DeliveryReport{report}, nil
}

func (l *loft) signed(at, told string, body []byte) bool {
	if l.trusting && told != "" || l.careless && told == "" {
		return true
	}
	if l.halfBlind {
		body = body[:min(4, len(body))]
	}
	want := signature(l.key, at, body)
	if l.lax && told != "" {
		n := min(len(told), len(want))
		return told[:n] == want[:n]
	}
	return told == want
}

func (l *loft) fresh(at string, now time.Time) bool {
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || l.timeless {
		return l.timeless
	}
	away := now.Sub(time.Unix(seconds, 0))
	if l.backwards {
		return away <= maxCallAge
	}
	return away.Abs() <= maxCallAge
}

// home is a setup of lofts that are spoiled in one way.
func home(spoil func(l *loft)) ReportsSetup {
	l := &loft{key: "grain"}
	spoil(l)
	call := func(key, body string, at time.Time) port.WebhookCall {
		seconds := strconv.FormatInt(at.Unix(), 10)
		text := []byte(body)
		if l.halfBlind {
			text = text[:min(4, len(text))]
		}
		headers := map[string]string{"At": seconds, "Signature": signature(key, seconds, text)}
		return port.WebhookCall{
			URL: "https://loft.example.com", Body: []byte(body),
			Header: func(name string) string { return headers[name] },
		}
	}
	sign := func(key string) func(testing.TB, domain.DeliveryReport, time.Time) port.WebhookCall {
		return func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
			body, err := json.Marshal(pigeonNews{string(told.ChallengeID), told.DeliveryID, string(told.Status)})
			require.NoError(t, err)
			return call(key, string(body), at)
		}
	}
	return ReportsSetup{
		Open: func(testing.TB) port.DeliveryReports { return l },
		Call: sign("grain"), Forge: sign("bread"), SignatureHeader: "Signature", TellsTime: true,
		Strange: func(_ testing.TB, at time.Time) []port.WebhookCall {
			return []port.WebhookCall{
				call("grain", `{"Challenge":"c","Delivery":"d","Status":"moulting"}`, at),
				call("grain", `{"Status":"sent"}`, at), call("grain", "", at),
			}
		},
	}
}

func TestDeliveryReports_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const (
		denies  = "It must fail with permission_denied unless the call is signed by the provider, and at most ten minutes away where the provider tells its time."
		skips   = "It must skip what it does not know, and what names no delivery of ours."
		atOnces = "It must be safe for concurrent use."
	)
	require.Empty(t, CheckDeliveryReports(home(func(*loft) {})))
	for name, row := range map[string]struct {
		spoil  func(l *loft)
		breaks string
	}{
		"believes any signature":         {func(l *loft) { l.trusting = true }, denies},
		"asks for no signature":          {func(l *loft) { l.careless = true }, denies},
		"signs a part of the body":       {func(l *loft) { l.halfBlind = true }, denies},
		"compares a part of a signature": {func(l *loft) { l.lax = true }, denies},
		"refuses with something else":    {func(l *loft) { l.vague = true }, denies},
		"tells what it refuses":          {func(l *loft) { l.leaky = true }, denies},
		"looks at no time":               {func(l *loft) { l.timeless = true }, denies},
		"believes what is to come":       {func(l *loft) { l.backwards = true }, denies},
		"tells no time":                  {func(l *loft) { l.forgetful = true }, denies},
		"fails for what it cannot read":  {func(l *loft) { l.strict = true }, skips},
		"takes what has no name":         {func(l *loft) { l.greedy = true }, skips},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, CheckDeliveryReports(home(row.spoil)), row.breaks)
		})
	}
	// A call answered with what the one before told shows only where there are several.
	require.NotEmpty(t, broken(home(func(l *loft) { l.mixesCalls = true }), only(t, atOnces, deliveryReportsPromises())))
}

// inBody is a loft whose pigeons carry time and signature in the body, before the report.
type inBody struct{ *loft }

func (b inBody) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	signature, rest, _ := strings.Cut(string(call.Body), "|")
	at, body, _ := strings.Cut(rest, "|")
	call.Header = func(name string) string { return map[string]string{"At": at, "Signature": signature}[name] }
	call.Body = []byte(body)
	return b.loft.ReadReports(call)
}

// inQuery is a loft whose pigeons report by GET, with all of it in the query.
type inQuery struct{ *loft }

func (q inQuery) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	_, query, _ := strings.Cut(call.URL, "?")
	call.Body = []byte(query)
	return inBody(q).ReadReports(call)
}

func TestDeliveryReports_signedElsewhere(t *testing.T) {
	t.Parallel()
	const denies = "It must fail with permission_denied unless the call is signed by the provider, and at most ten minutes " +
		"away where the provider tells its time."
	for _, place := range []string{"body", "query"} {
		setup := func(spoil func(*loft)) ReportsSetup {
			s := home(spoil)
			l := s.Open(t).(*loft)
			s.Open = func(testing.TB) port.DeliveryReports {
				if place == "query" {
					return inQuery{l}
				}
				return inBody{l}
			}
			carry := func(call port.WebhookCall) port.WebhookCall {
				text := call.Header("Signature") + "|" + call.Header("At") + "|" + string(call.Body)
				call.Header = func(string) string { return "" }
				if call.Method, call.Body = http.MethodPost, []byte(text); place == "query" {
					call.Method, call.URL, call.Body = http.MethodGet, call.URL+"?"+text, nil
				}
				return call
			}
			sign, forge, strange := s.Call, s.Forge, s.Strange
			s.Call = func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
				return carry(sign(t, told, at))
			}
			s.Forge = func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
				return carry(forge(t, told, at))
			}
			s.Strange = func(t testing.TB, at time.Time) (calls []port.WebhookCall) {
				for _, call := range strange(t, at) {
					calls = append(calls, carry(call))
				}
				return calls
			}
			s.Resign = func(call port.WebhookCall, change func(string) string) port.WebhookCall {
				if place == "query" {
					path, query, _ := strings.Cut(call.URL, "?")
					signature, rest, _ := strings.Cut(query, "|")
					call.URL = path + "?" + change(signature) + "|" + rest
					return call
				}
				signature, rest, _ := strings.Cut(string(call.Body), "|")
				call.Body = []byte(change(signature) + "|" + rest)
				return call
			}
			return s
		}
		require.Empty(t, CheckDeliveryReports(setup(func(*loft) {})), place)
		for name, spoil := range map[string]func(*loft){
			"believes any signature": func(l *loft) { l.trusting = true },
			"asks for no signature":  func(l *loft) { l.careless = true },
			"signs a part":           func(l *loft) { l.halfBlind = true },
			"compares a part":        func(l *loft) { l.lax = true },
			"looks at no time":       func(l *loft) { l.timeless = true },
		} {
			require.Contains(t, CheckDeliveryReports(setup(spoil)), denies, "%s, in the %s", name, place)
		}
		without := setup(func(*loft) {})
		without.Resign = nil
		require.Contains(t, CheckDeliveryReports(without), denies, "the header has no signature")
	}
}

// A signature that does not hold on to the address lets one delivery's news be told
// of another, where the address names the delivery.
func TestDeliveryReports_seesUnsignedAddress(t *testing.T) {
	t.Parallel()
	setup := home(func(*loft) {})
	setup.TellsTime = false
	call := setup.Call
	setup.Call = func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
		named := told
		named.ChallengeID, named.DeliveryID = "c", "d"
		signed := call(t, named, at)
		signed.URL = string(told.ChallengeID) + "|" + told.DeliveryID
		return signed
	}
	setup.Open = func(t testing.TB) port.DeliveryReports { return byAddress{&loft{key: "grain"}} }
	require.Len(t, CheckDeliveryReports(setup), 1)
}

// byAddress takes the names of a delivery out of an address that is not signed.
type byAddress struct{ *loft }

func (b byAddress) ReadReports(call port.WebhookCall) ([]domain.DeliveryReport, error) {
	reports, err := b.loft.ReadReports(call)
	for i := range reports {
		half := len(call.URL) / 2
		reports[i].ChallengeID, reports[i].DeliveryID = domain.ChallengeID(call.URL[:half]), call.URL[half+1:]
	}
	return reports, err
}
