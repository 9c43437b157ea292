package twilio

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// What the contract says of Twilio's codes: which are the recipient's fault, and
// which are not.
func TestMeanings_contract(t *testing.T) {
	t.Parallel()
	for _, code := range []int{21211, 21214, 21217, 21614, 21610, 63003} {
		require.Equal(t, domain.SendInvalidRecipient, meaningOf(400, code).result, code)
	}
	for code, want := range map[int]domain.SendResult{
		20003: domain.SendAuthenticationFailed, 20404: domain.SendAuthenticationFailed, 21212: domain.SendUnsupported,
		21408: domain.SendUnsupported,
		21606: domain.SendUnsupported, 21659: domain.SendUnsupported, 63007: domain.SendUnsupported,
		63016: domain.SendUnsupported, 20429: domain.SendRateLimited,
	} {
		require.Equal(t, want, meaningOf(400, code).result, code)
		require.True(t, want.Refused(), code)
	}
}

// The whole table, by result: a line that changes sides is seen.
func TestMeanings_table(t *testing.T) {
	t.Parallel()
	want := map[domain.SendResult][]int{
		domain.SendInvalidRecipient: {21211, 21214, 21217, 21265, 21610, 21614, 21635, 30005, 30006, 63003, 63024},
		domain.SendRejected: {
			21266, 21602, 21604, 21609, 21617, 21619, 30003, 30004, 30007, 30008, 30036, 30450, 63005, 63013,
			63021, 63032, 63049,
		},
		domain.SendUnsupported: {
			21212, 21408, 21601, 21603, 21606, 21608, 21612, 21655, 21656, 21659, 21660, 21701, 21703, 30034,
			63007, 63016, 63020, 63027, 63028, 63041, 63042, 63051,
		},
		domain.SendRateLimited:          {20429, 21611, 30001, 30022, 60728, 63017, 63018, 63038},
		domain.SendAuthenticationFailed: {10001, 20003, 20005, 20006, 20008, 20404, 21222, 21224, 30002, 63001},
		domain.SendUnreachable:          {20503},
		domain.SendUnknown:              {20500},
	}
	count := 0
	for result, codes := range want {
		for _, code := range codes {
			count++
			require.Equal(t, result, meanings[code].result, code)
		}
	}
	require.Len(t, meanings, count)
	for code, m := range meanings {
		require.NotEmpty(t, m.problem, code)
		require.NotEmpty(t, m.cure, code)
		for _, text := range []string{m.problem, m.cure} {
			require.Equal(t, strings.Trim(text, " .:"), text, "%d: it is a part of a sentence", code)
		}
	}
}

// A code that is not known means what the status says.
func TestMeanings_status(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]domain.SendResult{
		400: domain.SendRejected, 401: domain.SendAuthenticationFailed, 402: domain.SendRejected,
		403: domain.SendAuthenticationFailed,
		404: domain.SendAuthenticationFailed, 405: domain.SendRejected, 408: domain.SendRejected, 422: domain.SendRejected,
		429: domain.SendRateLimited, 451: domain.SendRejected, 499: domain.SendRejected, 503: domain.SendUnreachable,
		200: domain.SendRejected,
	} {
		for _, code := range []int{0, 1, 99999, -1} {
			m := meaningOf(status, code)
			require.Equal(t, want, m.result, "%d, %d", status, code)
			require.NotEmpty(t, m.problem+m.cure)
		}
	}
	require.Equal(t, domain.SendUnreachable, meaningOf(503, 21211).result, "what says 503 knows nothing of the number")
}

// Whatever a status: one class is accepted, two may be refused, all else is unknown.
func TestAnswer_statuses(t *testing.T) {
	t.Parallel()
	for status := 200; status < 600; status++ {
		out := answer{connected: true, status: status, whole: true, sid: someMessage}.outcome()
		name := fmt.Sprint(status)
		switch {
		case status < 300:
			require.Equal(t, domain.SendAccepted, out.Result, name)
		case status >= 400 && status < 500 || status == 503:
			require.True(t, out.Result.Refused(), name)
		default:
			require.Equal(t, domain.SendUnknown, out.Result, name)
		}
		cut := answer{connected: true, status: status, sid: someMessage}.outcome()
		require.Equal(t, domain.SendUnknown, cut.Result, "%s without an end", name)
	}
}
