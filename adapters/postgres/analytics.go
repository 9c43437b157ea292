package postgres

import (
	"context"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// Analytics returns the store of analyses.
func (db *DB) Analytics() *sqlstore.Analytics {
	return sqlstore.NewAnalytics(snapshots{db}, sqlstore.AnalyticsDialect{
		Bytewise: `COLLATE "C"`,
		BySource: "ORDER BY source_id OFFSET 0", // makes the planner choose an index
		Day:      "to_char(day, 'YYYY-MM-DD')",
		Days:     countDays,
	})
}

// snapshots is the database for large reads: each Read is a transaction on one snapshot.
type snapshots struct{ *DB }

// Read implements sqlstore.DB.
func (db snapshots) Read(ctx context.Context, f sqlstore.TxFunc) error {
	return transactions(db).Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		for _, statement := range []string{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", plannerSettings} {
			if _, err := q.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return f(ctx, q)
	})
}

// plannerSettings has the statements of a transaction planned for their actual parameters,
// which may select one day or everything, and for pages that are cached: reading an index
// in its order is then cheaper than hashing a whole table. JIT compilation takes longer
// than running such a statement.
const plannerSettings = `
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('random_page_cost', '1', true),
       set_config('jit', 'off', true)`

const countDays = `
SELECT d.day, c.n
  FROM json_to_recordset($1::json) AS d (day text, first uuid, next uuid)
 CROSS JOIN LATERAL (
       SELECT count(*) AS n
         FROM users
        WHERE uuid >= d.first AND uuid < d.next) AS c
 WHERE c.n > 0
 ORDER BY d.day`
