package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Providers quote what they were sent. Whichever sender passes that on, neither the caller
// nor the log sees a whole address, or the code.
func TestDispatcher_masksErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ to, said, want string }{
		{"+12025550199", "PHONE_NUMBER_NOT_AVAILABLE of +12025550199", "PHONE_NUMBER_NOT_AVAILABLE of ***0199"},
		{"+12025550199", "no route to 12025550199.", "no route to ***0199."},
		{"+12025550199", "0012025550199 and 2025550199, (202) 555-0199", "***0199 and ***0199, (***0199"},
		{"+12025550199", "+1 (202) 555-0199|+1.202.555.0199|+1\u00a0202\u2011555\u20110199", "***0199|***0199|***0199"},
		{"+12025550199", "x.example/?to=%2B12025550199&n=1: reset", "x.example/?to=%2B***0199&n=1: reset"},
		{"+12025550199", "the code 012345 of +1202 5550199", "the code *** of ***0199"},
		{"+12025550199", "error 21211 at 1767225600, request 5550199", "error 21211 at 1767225600, request ***0199"},
		{"+12025550199", "answered 400, +12025550198", "answered 400, +12025550198"},
		{
			"ada.b@xn--bcher-kva.example", "550 5.1.1 <Ada.B@B\u00fccher.example> of ada.b%40xn--bcher-kva.example",
			"550 5.1.1 <ad***@xn--bcher-kva.example> of ad***@xn--bcher-kva.example",
		},
		{"ada.b@example.com", "bob@example.com and adaxb@example.com", "bob@example.com and adaxb@example.com"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t)
			job := b.job(t)
			var err error
			job.Message.To, err = domain.ParseIdentifier(row.to)
			require.NoError(t, err)
			job.Route = job.Route[:1]
			cause := &url.Error{Op: "Post", URL: "x", Err: errors.New("reset")}
			b.does("one", func(context.Context, port.CodeMessage) port.SendOutcome {
				return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("%s: %w", row.said, cause)}
			})
			outcome := b.Send(t.Context(), job)
			require.EqualError(t, outcome.Err, row.want+`: Post "x": reset`)
			require.ErrorIs(t, outcome.Err, cause)
			require.NotContains(t, fmt.Sprintf("%+v", outcome.Err), row.to)
			b.settled(t)
			require.Equal(t, []string{"one rejected: " + row.want + `: Post "x": reset`}, b.reports)
		})
	}
}
