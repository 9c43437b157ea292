package contract

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// ReportsSetup describes a sender that reads what its provider reports, and the
// provider, so that the reading can be proven.
type ReportsSetup struct {
	// Open makes the reader. It is called once for each promise.
	Open func(t testing.TB) port.DeliveryReports
	// Call is the provider's call that tells one report at a time, signed as the real
	// one signs. It may be of more reports than one if the others are to be skipped.
	Call func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall
	// Forge is Call by an attacker without the provider's key.
	Forge func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall
	// Strange are calls of the provider, signed at a time, that tell nothing of a
	// delivery of ours: of an unknown status, without our names, of another
	// account, without anything.
	Strange func(t testing.TB, at time.Time) []port.WebhookCall
	// SignatureHeader is the header with the signature.
	SignatureHeader string
	// Resign makes a call whose signature a function has changed, for a provider that signs
	// in the body or in the query. Defaults to a change of the header SignatureHeader.
	Resign func(call port.WebhookCall, change func(signature string) string) port.WebhookCall
	// TellsTime is whether the provider tells, signed, when it made a call.
	TellsTime bool
}

// DeliveryReports proves the contract of port.DeliveryReports.
func DeliveryReports(t *testing.T, setup ReportsSetup) {
	t.Helper()
	prove(t, setup, deliveryReportsPromises())
}

// CheckDeliveryReports is DeliveryReports outside of a test: it lists the promises
// that are broken, none if all are kept.
func CheckDeliveryReports(setup ReportsSetup) []string {
	return broken(setup, deliveryReportsPromises())
}

func deliveryReportsPromises() []promise[ReportsSetup] {
	return []promise[ReportsSetup]{
		{
			"It must fail with permission_denied unless the call is signed by the provider, and at most ten minutes " +
				"away where the provider tells its time.",
			refusesUnsigned,
		},
		{"It must skip what it does not know, and what names no delivery of ours.", skipsStrange},
		{"It must be safe for concurrent use.", readsConcurrently},
	}
}

// maxCallAge is how far a call's time may be away.
const maxCallAge = 10 * time.Minute

// reportOf is a report of the nth delivery.
func reportOf(n int, status domain.DeliveryStatus) domain.DeliveryReport {
	return domain.DeliveryReport{
		ChallengeID: "019cec37-b600-7000-8000-00000000" + domain.ChallengeID(digits(n)),
		DeliveryID:  "019cec37-b600-7000-9000-00000000" + digits(n), Status: status,
	}
}

// requireTold holds what was read against what was told. How a provider names the
// message, its price and its time is its own matter.
func requireTold(t testing.TB, told domain.DeliveryReport, got []domain.DeliveryReport) {
	require.Len(t, got, 1, "reports")
	require.Equal(t, told.ChallengeID, got[0].ChallengeID)
	require.Equal(t, told.DeliveryID, got[0].DeliveryID)
	require.Equal(t, told.Status, got[0].Status)
	require.False(t, got[0].At.IsZero(), "no time")
}

func requireDenied(t testing.TB, got []domain.DeliveryReport, err error, what string) {
	require.ErrorIs(t, err, domain.ErrPermissionDenied, what)
	require.Equal(t, domain.Denied, domain.AsError(err).Kind, what)
	require.Empty(t, got, what)
}

func refusesUnsigned(t testing.TB, setup ReportsSetup) {
	reports := setup.Open(t)
	told := reportOf(1, domain.DeliveryDelivered)
	call := setup.Call(t, told, fake.Noon)
	read := func(call port.WebhookCall) ([]domain.DeliveryReport, error) {
		call.Now = fake.Noon
		return reports.ReadReports(call)
	}
	got, err := read(call)
	require.NoError(t, err, "signed by the provider")
	requireTold(t, told, got)

	got, err = read(setup.Forge(t, told, fake.Noon))
	requireDenied(t, got, err, "signed with another key")

	for what, change := range map[string]func(string) string{
		"not signed":                 func(string) string { return "" },
		"the signature goes on":      func(value string) string { return value + "A" },
		"the signature is cut short": func(value string) string { return value[:len(value)/2] },
		"the signature is blank":     func(value string) string { return strings.Repeat(" ", len(value)) },
	} {
		got, err = read(setup.resign(call, change))
		requireDenied(t, got, err, what)
	}
	for i := range call.Body {
		changed := call
		changed.Body = append([]byte(nil), call.Body...)
		changed.Body[i] ^= 1
		got, err = read(changed)
		requireDenied(t, got, err, "a byte of the body has changed")
	}
	if path, query, ok := strings.Cut(call.URL, "?"); ok && call.Method == http.MethodGet {
		for i := range len(query) {
			changed := call
			changed.URL = path + "?" + query[:i] + string(query[i]^1) + query[i+1:]
			got, err = read(changed)
			requireDenied(t, got, err, "a byte of the query has changed")
		}
	}
	requireNoMixtures(t, setup, read)
	if setup.TellsTime {
		requireFresh(t, setup, reports)
	}
}

func (s ReportsSetup) resign(call port.WebhookCall, change func(string) string) port.WebhookCall {
	if s.Resign != nil {
		return s.Resign(call, change)
	}
	header := call.Header
	call.Header = func(name string) string {
		if name == s.SignatureHeader {
			return change(header(name))
		}
		return header(name)
	}
	return call
}

// requireNoMixtures gives the signature of one call to the parts of another: what is
// believed is what was signed.
func requireNoMixtures(t testing.TB, setup ReportsSetup, read func(port.WebhookCall) ([]domain.DeliveryReport, error)) {
	signed := reportOf(2, domain.DeliverySent)
	a := setup.Call(t, signed, fake.Noon)
	var signature string
	setup.resign(a, func(s string) string { signature = s; return s }).Header(setup.SignatureHeader)
	require.NotEmpty(t, signature, "Resign gives the signature of a call to its function")
	for _, other := range []domain.DeliveryReport{reportOf(3, domain.DeliverySent), reportOf(2, domain.DeliveryRead)} {
		b := setup.Call(t, other, fake.Noon)
		for what, mixed := range map[string]port.WebhookCall{
			"the URL of another call":  {URL: b.URL, Header: a.Header, Body: a.Body},
			"the body of another call": {URL: a.URL, Header: a.Header, Body: b.Body},
			"all of another call":      {URL: b.URL, Header: a.Header, Body: b.Body},
		} {
			mixed.Method = a.Method
			got, err := read(setup.resign(mixed, func(string) string { return signature }))
			if err == nil {
				requireTold(t, signed, got)
				continue
			}
			requireDenied(t, got, err, what)
		}
	}
}

func requireFresh(t testing.TB, setup ReportsSetup, reports port.DeliveryReports) {
	told := reportOf(4, domain.DeliveryFailed)
	for _, away := range []time.Duration{-maxCallAge, maxCallAge} {
		call := setup.Call(t, told, fake.Noon.Add(away))
		call.Now = fake.Noon
		got, err := reports.ReadReports(call)
		require.NoError(t, err, "%s away", away)
		requireTold(t, told, got)
	}
	for _, away := range []time.Duration{-maxCallAge - time.Second, maxCallAge + time.Second, -365 * 24 * time.Hour} {
		call := setup.Call(t, told, fake.Noon.Add(away))
		call.Now = fake.Noon
		got, err := reports.ReadReports(call)
		requireDenied(t, got, err, away.String()+" away")
	}
}

func skipsStrange(t testing.TB, setup ReportsSetup) {
	reports := setup.Open(t)
	strange := setup.Strange(t, fake.Noon)
	require.NotEmpty(t, strange, "calls to skip")
	for n, call := range strange {
		call.Now = fake.Noon
		got, err := reports.ReadReports(call)
		require.NoError(t, err, "call %d", n)
		require.Empty(t, got, "call %d", n)
	}
}

func readsConcurrently(t testing.TB, setup ReportsSetup) {
	const calls = 64
	reports := setup.Open(t)
	statuses := []domain.DeliveryStatus{domain.DeliverySent, domain.DeliveryDelivered, domain.DeliveryFailed}
	type reading struct {
		told domain.DeliveryReport
		call port.WebhookCall
		got  []domain.DeliveryReport
		err  error
	}
	all := make([]reading, calls)
	for n := range all {
		told := reportOf(n, statuses[n%len(statuses)])
		all[n] = reading{told: told, call: setup.Call(t, told, fake.Noon)}
		all[n].call.Now = fake.Noon
	}
	var read sync.WaitGroup
	for n := range all {
		read.Go(func() { all[n].got, all[n].err = reports.ReadReports(all[n].call) })
	}
	read.Wait()
	for n := range all {
		require.NoError(t, all[n].err, "call %d", n)
		requireTold(t, all[n].told, all[n].got)
	}
}
