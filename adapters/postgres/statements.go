package postgres

import "github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"

// HotStatement is one of the statements that every sign-in or every request
// with a token runs: for a benchmark, which wants to know how fast the database
// alone would run them.
type HotStatement struct {
	Name       string
	Text       string
	Parameters []string // in the order of $1, $2 ...: a name and the type
}

// HotStatements lists them: issue, find, count_wrong, complete and who_am_i. An
// ask is an issue; a wrong guess is a find and a count_wrong; a right one is a
// find and a complete.
func HotStatements() []HotStatement {
	return []HotStatement{
		{"issue", issueSignIn, []string{
			"recipient text", "recipient_kind text", "challenge_id uuid", "epoch bytea", "seed bytea", "digits int",
			"max_attempts int", "now timestamptz", "expires_at timestamptz", "channel text", "source_url text",
			"epochs bytea[]", "sends_allowed int", "window_began timestamptz",
			"delivery_id uuid", "delivery_channel text", "provider text", "masked_recipient text",
		}},
		{"find", sqlstore.FindByChallenge, []string{"challenge_id uuid"}},
		{"count_wrong", sqlstore.CountWrong, []string{"challenge_id uuid", "now timestamptz"}},
		{"complete", completeByEmail, []string{
			"challenge_id uuid", "now timestamptz", "recipient text", "new_uuid uuid", "new_username text",
			"source_id text", "source_host text", "source_url text",
			"session_id uuid", "channel text", "amr text", "user_agent text", "address text",
		}},
		{"who_am_i", sqlstore.WhoAmI, []string{"user_uuid uuid", "session_id uuid"}},
	}
}
