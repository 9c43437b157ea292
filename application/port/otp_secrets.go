package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// OTPSecrets stores the secrets of codes, one row per domain.OTPKey, and the times of the
// sends to each recipient.
type OTPSecrets interface {
	// Issue decides in one transaction between the rate limit, the active secret and a new
	// one.
	//
	// While a secret of the key is active it must return that secret, with nothing changed but the
	// channel, which is that of req.Fresh.
	// Without an active one it must store and return req.Fresh.
	// A secret with an epoch that is not among req.Epochs must be replaced.
	// Every send must be counted, and at most req.Limit.Sends may fall into any window of
	// req.Limit.Window, over all purposes and subjects.
	// A refused request must change nothing, and return when the oldest of the last req.Limit.Sends
	// sends leaves the window.
	// An issued code must come with the number of sends that the limit still allows at req.Now and,
	// when that is 0, with the wait until the next one.
	// With req.Limit.Sends of 0 there must be no limit.
	// Parallel requests for one key must get one challenge id and one code.
	// Parallel requests for one recipient must not get more sends than the limit, however often the
	// store is opened.
	// The delivery must be stored with the secret, queued at req.Now, under the challenge id that is returned.
	// A challenge must keep the cohort of the request that made it, whatever later requests have.
	Issue(ctx context.Context, req IssueRequest) (IssueResult, error)

	// Find must return the secret of the challenge when it is named, else that of the key, as last committed.
	// It must list every channel with a delivery of the challenge that has not failed, in the order of
	// their names.
	// An unknown challenge or key must be reported as not found, whatever the text of the id.
	Find(ctx context.Context, q OTPQuery) (secret domain.OTPSecret, found bool, err error)

	// CountWrong counts one wrong guess at an active challenge.
	//
	// It must count only while the challenge is active, and return the remaining guesses.
	// Of any number of parallel guesses it must count at most as many as the secret allows.
	// A count must be durable when it returns, even if ctx is cancelled.
	CountWrong(ctx context.Context, id domain.ChallengeID, now time.Time) (left int, counted bool, err error)

	// RefundSend refunds a send that was definitely not sent. The remaining sends bound the
	// guesses.
	//
	// RefundSend must refund exactly the send to the recipient of the key that was counted at sentAt,
	// once.
	// It must take all guesses from a secret with its last send, and none while another of its sends
	// is counted.
	// It must not refund the last send of a secret that was guessed at or used, nor any send of a
	// replaced one.
	// However requests, guesses and refunds interleave, every secret that was guessed at must have a
	// counted send.
	RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error

	// Purge must delete at most limit secrets, only those that had expired by the given time and have
	// no send at that time or later.
	// Called until it deletes nothing, it must have deleted all of those.
	Purge(ctx context.Context, before time.Time, limit int) (removed int, err error)
}

// SendLimit is a sliding-log rate limit: at most Sends sends in any window of Window.
type SendLimit struct {
	Sends  int
	Window time.Duration
}

// IssueRequest is one request for a code.
type IssueRequest struct {
	Fresh    domain.OTPSecret // used when no secret is active; made at Now
	Epochs   []domain.Epoch   // of the keys in the key ring
	Limit    SendLimit
	Delivery domain.Delivery // of this send, queued at Now; the store fills in its ChallengeID
	Cohort   domain.Cohort   // in the funnel; a challenge without a category does not count
	Now      time.Time
}

// IssueResult is the result of an issue request.
type IssueResult struct {
	RateLimited bool          // no code was issued
	SendsLeft   int           // allowed at req.Now after this one; 0 without a limit
	RetryAfter  time.Duration // until a send is allowed, 0 if one is now or without a limit
	Secret      domain.OTPSecret
	SentAt      time.Time // identifies this send for RefundSend
}

// OTPQuery names a secret by its challenge id or, if that is "", by its key.
type OTPQuery struct {
	ChallengeID domain.ChallengeID
	Key         domain.OTPKey
}
