// Package analytics serves the routes of analytics for staff, as JSON and as CSV.
package analytics

import (
	"cmp"
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/domain"
)

// Routes are the routes of the area.
func Routes(app *application.Application) []exchange.Route {
	route := func(name string, count counter) exchange.Route {
		return exchange.Route{
			Method: http.MethodGet, Path: "/api/admin/analytics/" + name, Handle: answerAnalysis(name, count),
			Access: exchange.Staff,
		}
	}
	return []exchange.Route{
		route("sources", func(ctx context.Context, a domain.Analysis) (table, *domain.Cursor, error) {
			out, err := app.CountUsers.Do(ctx, sources.CountUsersIn{Analysis: a})
			return usersTable(cmp.Or(a.GroupBy, domain.BySource), out.Rows), out.Next, err
		}),
		route("registrations", func(ctx context.Context, a domain.Analysis) (table, *domain.Cursor, error) {
			out, err := app.CountRegistrations.Do(ctx, sources.CountRegistrationsIn{Analysis: a})
			return usersTable(domain.ByDay, out.Rows), out.Next, err
		}),
		route("funnel", func(ctx context.Context, a domain.Analysis) (table, *domain.Cursor, error) {
			out, err := app.ShowFunnel.Do(ctx, sources.ShowFunnelIn{Analysis: a})
			return funnelTable(a.GroupBy, out.Rows), out.Next, err
		}),
	}
}

// counter counts a page of an analysis; the cursor is that of the next page.
type counter func(context.Context, domain.Analysis) (table, *domain.Cursor, error)

// answerAnalysis answers GET /api/admin/analytics/<name>.
func answerAnalysis(name string, count counter) exchange.Handler {
	return func(c *gin.Context) error {
		q, err := bindAnalysis(c, name)
		if err != nil {
			return err
		}
		t, next, err := count(c.Request.Context(), q.Analysis)
		if err != nil {
			return err
		}
		return answerTable(c, q, t, next)
	}
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
