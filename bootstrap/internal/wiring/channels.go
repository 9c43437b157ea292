package wiring

import (
	"github.com/doorcode-auth/doorcode/adapters/console"
	"github.com/doorcode-auth/doorcode/adapters/sendgrid"
	"github.com/doorcode-auth/doorcode/adapters/smtp"
	"github.com/doorcode-auth/doorcode/adapters/twilio"
	"github.com/doorcode-auth/doorcode/application/port"
)

// Providers returns the providers of the product, ONE LINE each, in the order in which a
// channel tries them unless <channel>.providers says otherwise.
func Providers() []port.Provider {
	return []port.Provider{
		twilio.Provider,
		sendgrid.Provider,
		smtp.Provider,
		console.Provider,
	}
}
