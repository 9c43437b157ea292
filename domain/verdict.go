package domain

// Verdict is the result of one guess at a code. It is not an error: a wrong guess is
// counted and committed.
type Verdict string

// The verdicts. Only Right signs in; clients cannot tell the others apart.
const (
	// Right: the code matched, and this guess consumed it.
	Right Verdict = "right"
	// Wrong: the code did not match, and the guess was counted.
	Wrong Verdict = "wrong"
	// Expired: the lifetime of the code was over.
	Expired Verdict = "expired"
	// Exhausted: the code had no guesses left.
	Exhausted Verdict = "exhausted"
	// Used: the code had been consumed before.
	Used Verdict = "used"
	// Missing: there is no such challenge, or not for this identifier.
	Missing Verdict = "missing"
	// Malformed: the guess cannot be a code of this challenge; nothing was compared or
	// counted.
	Malformed Verdict = "malformed"
)
