package delivery_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Each provider of a route is told where to report, by our names of its own message.
func TestDispatcher_callbackURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string][]string{
		"": {"", ""},
		"https://id.example.com/auth": {
			"https://id.example.com/auth/webhooks/one?challenge=challenge&delivery=first",
			"https://id.example.com/auth/webhooks/two?challenge=challenge&delivery=",
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := setup(t, func(c *delivery.Config) { c.CallbackBase = base })
			var told []string
			for provider, result := range map[string]domain.SendResult{
				"one": domain.SendUnreachable,
				"two": domain.SendAccepted,
			} {
				b.does(provider, func(_ context.Context, m port.CodeMessage) port.SendOutcome {
					told = append(told, m.CallbackURL)
					if provider == "two" && base != "" {
						require.Equal(t, want[1]+m.DeliveryID, m.CallbackURL)
					}
					return port.SendOutcome{Result: result}
				})
			}
			require.Equal(t, domain.SendAccepted, b.Send(t.Context(), b.job(t)).Result)
			require.Len(t, told, 2)
			require.Equal(t, want[0], told[0])
			require.Equal(t, want[1] == "", told[1] == "")
		})
	}
}
