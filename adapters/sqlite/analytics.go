package sqlite

import "github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"

// Analytics is the store of analyses. Texts are compared byte by byte here, and an
// index that has the rows in their order is used.
func (db *DB) Analytics() *sqlstore.Analytics {
	return sqlstore.NewAnalytics(db, sqlstore.AnalyticsDialect{Day: "day", Days: countDays})
}

const countDays = `
SELECT day, n
  FROM (SELECT value ->> 'day' AS day,
               (SELECT count(*)
                  FROM users
                 WHERE uuid >= value ->> 'first' AND uuid < value ->> 'next') AS n
          FROM json_each($1))
 WHERE n > 0
 ORDER BY day`
