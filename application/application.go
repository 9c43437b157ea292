// Package application has the use cases of doorcode: each is a field of Application, and
// a file in a package below. Use cases decide the order of steps; rules are in domain,
// and the interfaces of dependencies in port. Use cases do not log, know neither HTTP
// nor SQL nor a provider, and never read the actor from a context.
package application

import (
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/application/upkeep"
)

// Application is the table of contents of the use cases that are served.
type Application struct {
	RequestOTP      *auth.RequestOTP
	VerifyOTP       *auth.VerifyOTP
	RefreshSession  *auth.RefreshSession
	ReadToken       *auth.ReadToken
	VerifyToken     *auth.VerifyToken
	IntrospectToken *auth.IntrospectToken
	RevokeToken     *auth.RevokeToken
	LogOut          *auth.LogOut
	ListSessions    *auth.ListSessions
	EndSession      *auth.EndSession
	ShowKeys        *auth.ShowKeys
	ShowProfile     *profile.ShowProfile
	ChangeProfile   *profile.ChangeProfile

	RequireStaff       *auth.RequireStaff
	ListSources        *sources.ListSources
	CountUsers         *sources.CountUsers
	CountRegistrations *sources.CountRegistrations
	ShowFunnel         *sources.ShowFunnel

	CheckReadiness *upkeep.CheckReadiness
	CountFunnel    *upkeep.CountFunnel
	PurgeExpired   *upkeep.PurgeExpired
	ReceiveReports *delivery.ReceiveReports
	ShowDelivery   *delivery.ShowDelivery
}
