package domain

import "strings"

// ChannelName is the open name of a way to bring a code to a person: "email",
// "sms", "whatsapp", "voice", or one that a team has added.
type ChannelName string

// The names that the product itself knows.
const (
	ChannelEmail    ChannelName = "email"
	ChannelSMS      ChannelName = "sms"
	ChannelWhatsApp ChannelName = "whatsapp"
	ChannelVoice    ChannelName = "voice"

	// ChannelPhone is no channel but a wish: the default route of phones.
	ChannelPhone ChannelName = "phone"
	// ChannelAny stands for every channel, for a sender that serves them all.
	ChannelAny ChannelName = "*"
)

// Channel is a name and the kind of identifier that it reaches.
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

// Valid reports whether n can be the name of a channel: 1 to 32 of a-z, 0-9 and
// _, starting with a letter. "phone" is not one.
func (n ChannelName) Valid() bool {
	return n != "" && len(n) <= maxChannelName && n != ChannelPhone && n[0] >= 'a' && n[0] <= 'z' &&
		!strings.ContainsFunc(string(n), func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_'
		})
}
