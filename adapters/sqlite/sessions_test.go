package sqlite

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
)

// A purge without due sessions must not scan the table.
func TestSessionsPurge_goesByIndexes(t *testing.T) {
	t.Parallel()
	db, _ := newTestFile(t)
	p := &planner{db: db}
	_, err := sqlstore.NewSessions(p, purgeSessions).Purge(t.Context(), port.SessionPurge{Limit: 500})
	require.NoError(t, err)
	require.Contains(t, p.plans, "SEARCH sessions USING INDEX sessions_used_on_idx (used_on<?)")
	require.Contains(t, p.plans, "SEARCH sessions USING PRIMARY KEY (id<?)")
	require.NotContains(t, p.plans, "SCAN sessions")
}

// planner is a database that explains statements instead of running them.
type planner struct {
	sqlstore.DB
	sqlstore.Queryer
	db    *DB
	plans string
}

func (p *planner) Write(ctx context.Context, f sqlstore.TxFunc) error { return f(ctx, p) }

func (p *planner) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return plannedResult{}, p.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		rows, err := q.QueryContext(ctx, "EXPLAIN QUERY PLAN "+statement, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return err
			}
			p.plans += detail + "\n"
		}
		return rows.Err()
	})
}

// plannedResult is the result of a statement that was explained.
type plannedResult struct{ sql.Result }

func (plannedResult) RowsAffected() (int64, error) { return 0, nil }
