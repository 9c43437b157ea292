package domain

// ProofMethod is how the ownership of an identifier was proved.
type ProofMethod string

// The methods.
const (
	// ProvedByCode: the guess equals the derived code.
	ProvedByCode ProofMethod = "code"
	// ProvedByProvider: a provider that makes and checks its own codes, such as Twilio
	// Verify, has approved.
	ProvedByProvider ProofMethod = "provider"
)

// Proof is the proof that a client owns the recipient of a challenge. It is valid for one
// sign-in, which consumes the challenge.
type Proof struct {
	ChallengeID ChallengeID
	Recipient   Identifier
	Method      ProofMethod
}

// ProveByCode makes the proof for a guess with the verdict Right.
func (s OTPSecret) ProveByCode() Proof {
	return Proof{ChallengeID: s.ChallengeID, Recipient: s.Recipient, Method: ProvedByCode}
}

// ProveByProvider makes the proof for a challenge that a provider has approved.
func (s OTPSecret) ProveByProvider() Proof {
	return Proof{ChallengeID: s.ChallengeID, Recipient: s.Recipient, Method: ProvedByProvider}
}
