package domain

// Verdict is what became of one guess at a code. It is a result, not an error:
// a wrong guess is counted like any other fact.
type Verdict string

// The verdicts. Only Right lets anybody in; the others look alike from outside.
const (
	// Right means that the code matched and this guess consumed it.
	Right Verdict = "right"
	// Wrong means that the code did not match and the guess was counted.
	Wrong Verdict = "wrong"
	// Expired means that the code's time was over.
	Expired Verdict = "expired"
	// Exhausted means that the code had no guesses left.
	Exhausted Verdict = "exhausted"
	// Used means that the code had been consumed before.
	Used Verdict = "used"
	// Missing means that there is no such challenge, or not for this identifier.
	Missing Verdict = "missing"
	// Malformed means that what was typed cannot be a code of this challenge;
	// nothing was compared or counted.
	Malformed Verdict = "malformed"
)
