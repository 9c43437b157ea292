//go:build wireinject

package wiring

import (
	"github.com/google/wire"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/memory"
	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
)

// adapterSet is the outside of the hexagon: which adapter is in which port. The
// stores are those of the database that the configuration names.
var adapterSet = wire.NewSet(
	wire.Value(system.Clock{}), wire.Bind(new(port.Clock), new(system.Clock)),
	wire.Value(system.Random{}), wire.Bind(new(port.Random), new(system.Random)),
	OpenChannels,
	openServedStores, wire.FieldsOf(new(Stores), "OTPSecrets", "SignIns", "Users", "Sessions", "Deliveries", "Leases",
		"Accounts", "RegistrationSources", "Funnel", "Analytics"), newDatabase,
	newBase, newAddressLimiter, wire.Bind(new(port.AddressLimiter), new(*memory.AddressLimiter)),
	config.PhoneNumbers, phonenumbers.New, wire.Bind(new(port.PhoneNumbers), new(*phonenumbers.Policy)),
	config.Messages, message.New, wire.Bind(new(port.Messages), new(*message.Messages)),
	newTokens,
	wire.Bind(new(port.AccessTokens), new(*jwt.Tokens)), wire.Bind(new(port.RefreshTokens), new(*jwt.Tokens)),
	NewAdminNotifier,
	wire.Struct(new(Ports), "*"),
)

// appSet is the inside: the use cases over the ports, and what drives them.
var appSet = wire.NewSet(
	wire.FieldsOf(new(Ports), "Clock", "Random", "OTPSecrets", "SignIns", "Users", "Sessions", "Deliveries", "Leases",
		"Database", "RegistrationSources", "Funnel", "Analytics", "AddressLimiter", "Messages", "PhoneNumbers",
		"AccessTokens", "RefreshTokens", "AdminNotifier", "Channels"),
	wire.FieldsOf(new(*config.Config), "Phone"), wire.FieldsOf(new(config.PhoneConfig), "Channels"),
	newLogWriter, newLogger, newKeyRing, newNotices,
	delivery.NewRoutes, outcomeReport, delivery.NewOutcomeLog, deliveryConfig, delivery.NewDispatcher,
	reportReaders, showConfig, delivery.NewReceiveReports, delivery.NewShowDelivery,
	config.SourceRules, authConfig, sessionPolicy, services, wire.Struct(new(auth.Ports), "*"),
	auth.NewRequestOTP, auth.NewVerifyOTP, auth.NewReadToken, auth.NewShowKeys,
	auth.NewRefreshSession, auth.NewVerifyToken, auth.NewIntrospectToken, auth.NewRevokeToken,
	auth.NewLogOut, auth.NewListSessions, auth.NewEndSession,
	profile.NewShowProfile, profile.NewChangeProfile,
	auth.NewRequireStaff, sources.NewListSources, sources.NewCountUsers, sources.NewCountRegistrations,
	sources.NewShowFunnel,
	wire.Struct(new(upkeep.Ports), "*"), upkeepConfig, purgeConfig, upkeep.NewPurgeExpired, upkeep.NewCountFunnel,
	upkeep.NewCheckReadiness,
	wire.Struct(new(application.Application), "*"),
	httpConfig, httpapi.New,
	wire.Struct(new(App), "config", "log", "logger", "clock", "channels", "application", "api", "dispatcher", "outcomes",
		"notices"),
)
