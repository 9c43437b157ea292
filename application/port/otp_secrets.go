package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets keeps the secrets of codes, one row for each domain.OTPKey, and
// with them the times at which each recipient was sent something.
type OTPSecrets interface {
	// Issue decides, in one atomic act, what a request for a code gets.
	//
	// While a secret of the key is active it must return that secret, with nothing changed but the channel, which is that of req.Fresh.
	// Without an active one it must store and return req.Fresh.
	// A secret whose epoch is not among req.Epochs must be replaced.
	// Every send must be counted, and at most req.Limit.Sends may fall into any window of req.Limit.Window, whatever the purpose and subject.
	// A refused request must change nothing, and tell when the oldest of the last req.Limit.Sends sends leaves the window.
	// With req.Limit.Sends of 0 there must be no limit.
	// Parallel requests for one key must get one challenge id and one code.
	// Parallel requests for one recipient must not get more sends than the limit, however often the store is opened.
	// The delivery must be stored with the secret, queued at req.Now, under the challenge id that is returned.
	// A challenge must count under the cohort of the request that made it, whatever later requests for it say.
	Issue(ctx context.Context, req IssueRequest) (IssueResult, error)

	// Find must return the secret of the challenge when it is named, else that of the key, as last committed.
	// It must tell every channel with a delivery of the challenge that has not failed, in the order of their names.
	// An unknown challenge or key must be reported as not found, whatever the text of the id.
	Find(ctx context.Context, q OTPQuery) (secret domain.OTPSecret, found bool, err error)

	// CountWrong counts one wrong guess at an active challenge.
	//
	// It must count only while the challenge is active, and return the guesses that are left.
	// Of any number of parallel guesses it must count at most as many as the secret allows.
	// A count must be durable when it returns, whatever becomes of ctx.
	CountWrong(ctx context.Context, id domain.ChallengeID, now time.Time) (left int, counted bool, err error)

	// RefundSend takes back the count of a send that reached nobody. The sends that stay counted bound the guesses.
	//
	// RefundSend must give back exactly the send to the recipient of the key that was counted at sentAt, once.
	// It must take all guesses from a secret with the last send of it, and none while another send of it is counted.
	// It must not give back the last send of a secret that was guessed at or used, nor any of one that was replaced.
	// However requests, guesses and refunds meet, every secret that was guessed at must have a send that stays counted.
	RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error

	// Purge must remove at most limit secrets, none but those that had expired by the given time, with no send of theirs at that time or later.
	// Called until it removes nothing, it must have removed all of those.
	Purge(ctx context.Context, before time.Time, limit int) (removed int, err error)
}

// SendLimit is a sliding log: at most Sends sends in any window of Window.
type SendLimit struct {
	Sends  int
	Window time.Duration
}

// IssueRequest is one request for a code.
type IssueRequest struct {
	Fresh    domain.OTPSecret // the secret to use when none is active; made at Now
	Epochs   []domain.Epoch   // whose codes can be derived
	Limit    SendLimit
	Delivery domain.Delivery // of this send, queued at Now; its ChallengeID is filled in by the store
	Cohort   domain.Cohort   // what the challenge counts under in the funnel; without a category it does not count
	Now      time.Time
}

// IssueResult is what a request for a code gets.
type IssueResult struct {
	RateLimited bool          // nothing was issued
	RetryAfter  time.Duration // with RateLimited: when the oldest send leaves the window
	Secret      domain.OTPSecret
	SentAt      time.Time // names this send for RefundSend
}

// OTPQuery names a secret by its challenge, or else by its key.
type OTPQuery struct {
	ChallengeID domain.ChallengeID // "" means by Key
	Key         domain.OTPKey
}
