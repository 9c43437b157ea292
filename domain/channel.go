package domain

import "strings"

// ChannelName names a way to send a code: "email", "sms", "whatsapp", "voice", or one
// that a provider outside of this module adds.
type ChannelName string

// The names that the product itself uses.
const (
	ChannelEmail    ChannelName = "email"
	ChannelSMS      ChannelName = "sms"
	ChannelWhatsApp ChannelName = "whatsapp"
	ChannelVoice    ChannelName = "voice"

	// ChannelPhone is not a channel: clients request the default route of phones by it.
	ChannelPhone ChannelName = "phone"
	// ChannelAny is the wildcard of a sender that serves every channel.
	ChannelAny ChannelName = "*"
)

// Channel is a way to send codes, and the kind of identifier that it reaches.
type Channel struct {
	Name ChannelName
	Kind Kind
}

// KnownChannels are the channels of the product itself.
var KnownChannels = []Channel{
	{ChannelEmail, KindEmail},
	{ChannelSMS, KindPhone},
	{ChannelWhatsApp, KindPhone},
	{ChannelVoice, KindPhone},
}

const maxChannelName = 32

// Valid reports whether n can name a channel: 1 to 32 of a-z, 0-9 and _, starting with a
// letter. "phone" cannot.
func (n ChannelName) Valid() bool {
	return n != "" && len(n) <= maxChannelName && n != ChannelPhone && n[0] >= 'a' && n[0] <= 'z' &&
		!strings.ContainsFunc(string(n), func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
		})
}
