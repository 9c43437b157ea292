package postgres

import (
	"context"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// Analytics is the store of analyses.
func (db *DB) Analytics() *sqlstore.Analytics {
	return sqlstore.NewAnalytics(analyses{db}, sqlstore.AnalyticsDialect{
		Bytewise: `COLLATE "C"`,
		BySource: "ORDER BY source_id OFFSET 0", // is what the planner looks for an index for
		Day:      "to_char(day, 'YYYY-MM-DD')",
		Days:     countDays,
	})
}

// analyses is the database for those who read much: an act is a transaction that sees
// one moment.
type analyses struct{ *DB }

// Read implements sqlstore.DB.
func (a analyses) Read(ctx context.Context, act sqlstore.Act) error {
	return transactions(a).Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		for _, statement := range []string{"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", planForMany} {
			if _, err := q.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return act(ctx, q)
	})
}

// planForMany has what follows in a transaction planned for its own parameters, which
// may ask for one day or for everything, and for pages that are in memory: an index
// that is read in its order is then cheaper than hashing all of a table. To compile
// such a statement takes longer than to run it.
const planForMany = `
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
