package domain

// ProofMethod says how somebody proved to own an identifier.
type ProofMethod string

// The methods.
const (
	// ProvedByCode means that our own derived code was typed in.
	ProvedByCode ProofMethod = "code"
	// ProvedByProvider means that a provider that makes and checks its own codes
	// (Twilio Verify) has approved.
	ProvedByProvider ProofMethod = "provider"
)

// Proof says that somebody has just shown to own the recipient of a challenge.
// It is good for one sign-in: the store consumes the challenge with it.
type Proof struct {
	ChallengeID ChallengeID
	Recipient   Identifier
	Method      ProofMethod
}

// ProveByCode makes the proof of a guess that was judged Right.
func (s OTPSecret) ProveByCode() Proof {
	return Proof{ChallengeID: s.ChallengeID, Recipient: s.Recipient, Method: ProvedByCode}
}

// ProveByProvider makes the proof of a challenge that a provider has approved.
func (s OTPSecret) ProveByProvider() Proof {
	return Proof{ChallengeID: s.ChallengeID, Recipient: s.Recipient, Method: ProvedByProvider}
}
