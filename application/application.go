// Package application says what can be done with doorcode: one field of
// Application a use case, one file a use case. It decides the order of things;
// what is true is in domain, and what it needs from outside is in port. It does
// not log, does not know HTTP, SQL or any provider, and never reads who acts from
// a context.
package application

import (
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/application/upkeep"
)

// Application is the table of contents: everything that can be done.
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
