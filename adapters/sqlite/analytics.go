package sqlite

import "github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"

// Analytics returns the store of analyses. SQLite compares text byte by byte and reads an
// index in the order of a GROUP BY, so that the dialect adds nothing for either.
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
