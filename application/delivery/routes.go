package delivery

import (
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Route is a list of senders, in the order in which they are tried.
type Route []port.ChannelSender

// Routes maps channels to their senders. The zero value has none.
type Routes struct {
	byName   map[domain.ChannelName]Route
	names    map[domain.Kind][]domain.ChannelName // each once, in the order of the senders
	defaults map[domain.Kind][]domain.ChannelName
}

// NewRoutes makes routes of the senders, in the order given. phoneChannels is the default
// route of phones, one channel after the other.
func NewRoutes(senders []port.ChannelSender, phoneChannels []domain.ChannelName) Routes {
	r := Routes{
		byName: map[domain.ChannelName]Route{},
		names:  map[domain.Kind][]domain.ChannelName{},
		defaults: map[domain.Kind][]domain.ChannelName{
			domain.KindEmail: {domain.ChannelEmail},
			domain.KindPhone: phoneChannels,
		},
	}
	for _, s := range senders {
		name, kind := s.Channel.Name, s.Channel.Kind
		r.byName[name] = append(r.byName[name], s)
		if !slices.Contains(r.names[kind], name) {
			r.names[kind] = append(r.names[kind], name)
		}
	}
	return r
}

// Find is the route of a channel to an identifier of a kind. "" is the default
// route of the kind, and so is "phone" for phones. It fails with invalid_channel,
// which lists the channels to choose from, when there is none.
func (r Routes) Find(name domain.ChannelName, kind domain.Kind) (Route, error) {
	names := []domain.ChannelName{name}
	if name == "" || name == domain.ChannelPhone && kind == domain.KindPhone {
		names = r.defaults[kind]
	}
	route := r.through(names, kind)
	if len(route) == 0 {
		return nil, r.invalidChannel(kind, nil)
	}
	return route, nil
}

// NotOnChannel is the fault of a recipient that no channel of a route reaches: it lists
// the other channels of its kind.
func (r Routes) NotOnChannel(route Route, kind domain.Kind) *domain.Error {
	return r.invalidChannel(kind, route)
}

// invalidChannel is the fault that lists the channels to choose from: those that reach a
// kind, without the ones that a route has tried.
func (r Routes) invalidChannel(kind domain.Kind, tried Route) *domain.Error {
	fault := *domain.ErrInvalidChannel
	for _, name := range r.names[kind] {
		if !slices.ContainsFunc(tried, func(s port.ChannelSender) bool { return s.Channel.Name == name }) {
			fault.Channels = append(fault.Channels, name)
		}
	}
	fault.Cure = cureOf(fault.Channels)
	if len(tried) == 0 && len(r.through(r.defaults[kind], kind)) > 0 {
		fault.Cure += ", or leave it out"
	}
	return &fault
}

// through is the senders of some channels that reach a kind.
func (r Routes) through(names []domain.ChannelName, kind domain.Kind) (route Route) {
	for _, n := range names {
		for _, s := range r.byName[n] {
			if s.Channel.Kind == kind {
				route = append(route, s)
			}
		}
	}
	return route
}

// cureOf lists the channels that a client may name.
func cureOf(channels []domain.ChannelName) string {
	switch len(channels) {
	case 0:
		return "Give another kind of identifier: no channel reaches this one"
	case 1:
		return "Name " + string(channels[0])
	}
	names := make([]string, len(channels))
	for i, name := range channels {
		names[i] = string(name)
	}
	return "Name one of " + strings.Join(names, ", ")
}
