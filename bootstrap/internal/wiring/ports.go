package wiring

import "github.com/doorcode-auth/doorcode/application/port"

// Ports is the plug board: one field a port, each with an adapter in it. Swap a
// field between NewPorts and NewApp, and the whole app runs with another adapter.
type Ports struct {
	// Channels are tried in this order. They come first, so that a mistake about
	// them is told before a database is touched; and so do texts and countries.
	Channels     []port.ChannelSender
	Messages     port.Messages
	PhoneNumbers port.PhoneNumbers

	Clock               port.Clock
	Random              port.Random
	OTPSecrets          port.OTPSecrets
	SignIns             port.SignIns
	Users               port.Users
	Sessions            port.Sessions
	Deliveries          port.Deliveries
	Leases              port.Leases
	Database            port.Database
	Accounts            port.Accounts
	RegistrationSources port.RegistrationSources
	Funnel              port.Funnel
	Analytics           port.Analytics
	AddressLimiter      port.AddressLimiter
	AccessTokens        port.AccessTokens
	RefreshTokens       port.RefreshTokens
	AdminNotifier       port.AdminNotifier // nil when nobody is to be told
}
