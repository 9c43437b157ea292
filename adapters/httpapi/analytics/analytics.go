// Package analytics serves the routes of analytics for staff, as JSON and as CSV.
package analytics

import (
	"cmp"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/domain"
)

type area struct {
	users         *sources.CountUsers
	registrations *sources.CountRegistrations
	funnel        *sources.ShowFunnel
}

// Routes are the routes of the area.
func Routes(app *application.Application) []exchange.Route {
	const get = http.MethodGet
	a := &area{users: app.CountUsers, registrations: app.CountRegistrations, funnel: app.ShowFunnel}
	return []exchange.Route{
		{Method: get, Path: "/api/admin/analytics/sources", Handle: a.countUsers, Access: exchange.Staff},
		{Method: get, Path: "/api/admin/analytics/registrations", Handle: a.countRegistrations, Access: exchange.Staff},
		{Method: get, Path: "/api/admin/analytics/funnel", Handle: a.showFunnel, Access: exchange.Staff},
	}
}

// countUsers answers GET /api/admin/analytics/sources.
func (a *area) countUsers(c *gin.Context) error {
	q, err := bindAnalysis(c, "sources")
	if err != nil {
		return err
	}
	out, err := a.users.Do(c.Request.Context(), sources.CountUsersIn{Analysis: q.Analysis})
	if err != nil {
		return err
	}
	return answerTable(c, q, usersTable(cmp.Or(q.GroupBy, domain.BySource), out.Rows), out.Next)
}

// countRegistrations answers GET /api/admin/analytics/registrations.
func (a *area) countRegistrations(c *gin.Context) error {
	q, err := bindAnalysis(c, "registrations")
	if err != nil {
		return err
	}
	out, err := a.registrations.Do(c.Request.Context(), sources.CountRegistrationsIn{Analysis: q.Analysis})
	if err != nil {
		return err
	}
	return answerTable(c, q, usersTable(domain.ByDay, out.Rows), out.Next)
}

// showFunnel answers GET /api/admin/analytics/funnel.
func (a *area) showFunnel(c *gin.Context) error {
	q, err := bindAnalysis(c, "funnel")
	if err != nil {
		return err
	}
	out, err := a.funnel.Do(c.Request.Context(), sources.ShowFunnelIn{Analysis: q.Analysis})
	if err != nil {
		return err
	}
	return answerTable(c, q, funnelTable(q.GroupBy, out.Rows), out.Next)
}

func usersTable(by domain.GroupBy, rows []domain.UserCount) table {
	t := table{columns: append(groupColumns(by), "users")}
	for _, r := range rows {
		t.rows = append(t.rows, append(groupCells(by, r.Group), r.Users))
	}
	return t
}

func funnelTable(by domain.GroupBy, rows []domain.FunnelCount) table {
	t := table{columns: append(groupColumns(by), "requested", "sent", "delivered", "verified", "registered")}
	for _, r := range rows {
		t.rows = append(t.rows, append(groupCells(by, r.Group), r.Requested, r.Sent, r.Delivered, r.Verified, r.Registered))
	}
	return t
}

// groupColumns are the columns of the group of a row.
func groupColumns(by domain.GroupBy) []string {
	switch by {
	case "":
		return nil
	case domain.BySource:
		return []string{"id", "display_name", "origin", "category", "channel"}
	default:
		return []string{string(by)}
	}
}

func groupCells(by domain.GroupBy, g domain.Group) []any {
	switch by {
	case "":
		return nil
	case domain.BySource:
		return []any{g.Key, g.SourceName(), g.Origin, string(g.Category), string(g.Channel)}
	default:
		return []any{g.Key}
	}
}
