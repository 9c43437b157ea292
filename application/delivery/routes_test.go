package delivery_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestRoutes_Find(t *testing.T) {
	t.Parallel()
	sender := func(name domain.ChannelName, kind domain.Kind, provider string) port.ChannelSender {
		return port.ChannelSender{Channel: domain.Channel{Name: name, Kind: kind}, Provider: provider}
	}
	routes := delivery.NewRoutes([]port.ChannelSender{
		sender("sms", domain.KindPhone, "one"), sender("email", domain.KindEmail, "post"),
		sender("whatsapp", domain.KindPhone, "one"),
		sender("sms", domain.KindPhone, "two"), sender("pager", domain.KindPhone, "beep"),
		sender("both", domain.KindPhone, "p"), sender("both", domain.KindEmail, "e"),
	}, []domain.ChannelName{"sms", "whatsapp", "voice"})

	for _, tt := range []struct {
		name domain.ChannelName
		kind domain.Kind
		want []string
	}{
		{"", domain.KindEmail, []string{"email post"}},
		{"email", domain.KindEmail, []string{"email post"}},
		{"", domain.KindPhone, []string{"sms one", "sms two", "whatsapp one"}},
		{"phone", domain.KindPhone, []string{"sms one", "sms two", "whatsapp one"}},
		{"sms", domain.KindPhone, []string{"sms one", "sms two"}},
		{"whatsapp", domain.KindPhone, []string{"whatsapp one"}},
		{"pager", domain.KindPhone, []string{"pager beep"}},
		{"both", domain.KindPhone, []string{"both p"}},
		{"both", domain.KindEmail, []string{"both e"}},
	} {
		route, err := routes.Find(tt.name, tt.kind)
		require.NoError(t, err, "%q to %s", tt.name, tt.kind)
		var got []string
		for _, s := range route {
			got = append(got, string(s.Channel.Name)+" "+s.Provider)
		}
		require.Equal(t, tt.want, got, "%q to %s", tt.name, tt.kind)
	}
	for name, kind := range map[domain.ChannelName]domain.Kind{
		"email": domain.KindPhone, "sms": domain.KindEmail, "phone": domain.KindEmail, "voice": domain.KindPhone,
		"telex": domain.KindPhone,
		"SMS":   domain.KindPhone, "*": domain.KindEmail, "sms ": domain.KindPhone,
	} {
		route, err := routes.Find(name, kind)
		require.ErrorIs(t, err, domain.ErrInvalidChannel, "%q to %s", name, kind)
		require.Empty(t, route)
	}
}

func TestRoutes_Find_listsTheChannels(t *testing.T) {
	t.Parallel()
	phones := func(names ...domain.ChannelName) (senders []port.ChannelSender) {
		for _, name := range names {
			senders = append(senders, port.ChannelSender{Channel: domain.Channel{Name: name, Kind: domain.KindPhone}})
		}
		return senders
	}
	for name, tt := range map[string]struct {
		senders  []port.ChannelSender
		defaults []domain.ChannelName
		want     string
	}{
		"each channel once, in the order of the senders": {
			phones("sms", "whatsapp", "sms", "voice"),
			[]domain.ChannelName{"sms"},
			"Name one of sms, whatsapp, voice, or leave it out",
		},
		"one":                     {phones("voice"), []domain.ChannelName{"sms", "voice"}, "Name voice, or leave it out"},
		"without a default route": {phones("whatsapp", "voice"), []domain.ChannelName{"sms"}, "Name one of whatsapp, voice"},
		"none": {
			[]port.ChannelSender{{Channel: domain.Channel{Name: "email", Kind: domain.KindEmail}}},
			[]domain.ChannelName{"sms"},
			"Give another kind of identifier: no channel reaches this one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := delivery.NewRoutes(tt.senders, tt.defaults).Find("telex", domain.KindPhone)
			require.ErrorIs(t, err, domain.ErrInvalidChannel)
			require.Equal(t, []domain.FieldFault{{Field: "channel", Cure: tt.want}}, domain.AsError(err).Fields())
		})
	}
}

func TestRoutes_zeroServesNobody(t *testing.T) {
	t.Parallel()
	for _, kind := range []domain.Kind{domain.KindEmail, domain.KindPhone, ""} {
		_, err := delivery.Routes{}.Find("", kind)
		require.ErrorIs(t, err, domain.ErrInvalidChannel, "%q", kind)
	}
}

// A caller that appends to its route must not change the route of another.
func TestRoutes_FindGivesEachCallerTheirOwn(t *testing.T) {
	t.Parallel()
	first := port.ChannelSender{Channel: domain.Channel{Name: "sms", Kind: domain.KindPhone}, Provider: "one"}
	routes := delivery.NewRoutes([]port.ChannelSender{first}, []domain.ChannelName{"sms"})
	mine, err := routes.Find("sms", domain.KindPhone)
	require.NoError(t, err)
	mine[0].Provider = "changed"
	yours, err := routes.Find("sms", domain.KindPhone)
	require.NoError(t, err)
	require.Equal(t, "one", yours[0].Provider)
}
