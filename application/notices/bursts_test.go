package notices_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestBursts_failures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.fails(person(t, 1), 2)
		b.fails(person(t, 2), 3)
		pass(30 * time.Second)
		b.fails(person(t, 2), 14)
		pass(29 * time.Second)
		require.Empty(t, b.heard(), "the minute is not over")
		pass(5 * time.Second)
		require.Equal(t, []string{"repeated_failures p0***@example.com  17"}, b.heard())
		pass(time.Hour)
		require.Len(t, b.heard(), 1, "two typos are no burst")

		b.fails(person(t, 2), 5)
		pass(2 * time.Minute)
		b.fails(person(t, 2), 2)
		pass(2 * time.Minute)
		require.Equal(t, "repeated_failures p0***@example.com  5", b.heard()[1])
		require.Len(t, b.heard(), 2)
	})
}

// A burst ends by the times of its failures, also while the worker is held up.
func TestBursts_whileTheServiceHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.does(hangs)
		b.asks(person(t, 9))
		pass(5 * time.Second)
		for range 3 {
			b.fails(person(t, 1), 10)
			pass(90 * time.Second)
		}
		b.does(nil)
		pass(5 * time.Minute)
		require.Equal(t, []string{
			"login_requested p0***@example.com new 0",
			"repeated_failures p0***@example.com  10", "repeated_failures p0***@example.com  10",
			"repeated_failures p0***@example.com  10",
		}, b.heard())
	})
}

// Failures of more people than there is room for are told early, and never more than
// there is room for are kept.
func TestBursts_room(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const people, room = 5000, 4096
		b := setup(t)
		for n := range people {
			b.fails(person(t, n), 3)
		}
		pass(30 * time.Second)
		early := len(b.heard())
		require.GreaterOrEqual(t, early, 200)
		pass(time.Hour)
		told := 0
		for _, e := range b.told {
			told += e.Dropped()
		}
		require.Equal(t, people, told, "told, or told to be dropped")
		require.LessOrEqual(t, early, people-room+1)
	})
}

func TestBursts_trouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		for range 100 {
			b.trouble("acme", domain.SendUnreachable)
		}
		b.trouble("acme", domain.SendAuthenticationFailed)
		b.trouble("other", domain.SendUnreachable)
		pass(5 * time.Second)
		require.Len(t, b.heard(), 3, "the first of each sort at once")
		pass(9 * time.Minute)
		b.trouble("acme", domain.SendUnreachable)
		pass(2 * time.Minute)
		require.Equal(t, []string{
			"provider_trouble   0", "provider_trouble   0", "provider_trouble   0", "provider_trouble   100",
		}, b.heard())
		pass(time.Hour)
		require.Len(t, b.heard(), 4)
		b.trouble("acme", domain.SendUnreachable)
		pass(5 * time.Second)
		require.Equal(t, "provider_trouble   0", b.heard()[4])
	})
}

// The channels of a provider have senders of their own, so that each has its trouble.
func TestBursts_troubleOfEachChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		for range 3 {
			for _, channel := range []domain.ChannelName{domain.ChannelSMS, domain.ChannelWhatsApp} {
				b.CountTrouble(domain.Event{
					Name: domain.EventProviderTrouble, At: time.Now(), Provider: "acme", Channel: channel,
					Result: domain.SendUnsupported,
				})
			}
		}
		pass(11 * time.Minute)
		told := map[domain.ChannelName][]int{}
		for _, e := range b.told {
			told[e.Channel] = append(told[e.Channel], e.Count)
		}
		require.Equal(t, map[domain.ChannelName][]int{domain.ChannelSMS: {0, 2}, domain.ChannelWhatsApp: {0, 2}}, told)
	})
}
