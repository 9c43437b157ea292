package delivery

import (
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Route is the senders of one channel, in the order in which they are tried.
type Route []port.ChannelSender

// Routes knows how each channel is served. The zero value serves none.
type Routes struct {
	byName   map[domain.ChannelName]Route
	defaults map[domain.Kind][]domain.ChannelName
}

// NewRoutes makes routes of the senders, in the order given. phoneChannels is
// the default route of phones: each channel's senders, one channel after the
// other.
func NewRoutes(senders []port.ChannelSender, phoneChannels []domain.ChannelName) Routes {
	r := Routes{
		byName: map[domain.ChannelName]Route{},
		defaults: map[domain.Kind][]domain.ChannelName{
			domain.KindEmail: {domain.ChannelEmail},
			domain.KindPhone: phoneChannels,
		},
	}
	for _, s := range senders {
		r.byName[s.Channel.Name] = append(r.byName[s.Channel.Name], s)
	}
	return r
}

// Find is the route of a channel to an identifier of a kind. "" is the default
// route of the kind, and so is "phone" for phones. It fails with invalid_channel
// when there is none.
func (r Routes) Find(name domain.ChannelName, kind domain.Kind) (Route, error) {
	names := []domain.ChannelName{name}
	if name == "" || name == domain.ChannelPhone && kind == domain.KindPhone {
		names = r.defaults[kind]
	}
	var route Route
	for _, n := range names {
		for _, s := range r.byName[n] {
			if s.Channel.Kind == kind {
				route = append(route, s)
			}
		}
	}
	if len(route) == 0 {
		return nil, domain.ErrInvalidChannel
	}
	return route, nil
}
