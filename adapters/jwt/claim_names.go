package jwt

import (
	"regexp"
	"slices"
	"strings"
)

// UserIDField is what of a user the user id claim has.
type UserIDField string

// The fields of a user.
const (
	UserIDNumber UserIDField = "id"   // a number
	UserIDUUID   UserIDField = "uuid" // the same text as sub
)

// ClaimNames are the names of the claims that can be called otherwise.
type ClaimNames struct {
	UserID    string // defaults to user_id
	TokenType string // defaults to token_type
	ID        string // defaults to jti
}

// reserved are the names of claims that mean something already (RFC 7519, 4.1; RFC
// 9068, 2.2; RFC 7800), and the other ones of ours.
var reserved = []string{
	claimSubject, claimSessionID, claimGeneration, claimIssuedAt, claimExpiresAt, claimNotBefore, claimAuthTime, claimAMR, claimIssuer, claimAudience,
	"jti", "acr", "client_id", "scope", "cnf",
}

// goodName keeps names to what JSON writes without escapes: members refuses others.
var goodName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.:/-]*$`)

const maxClaimName = 64 // in bytes

func (n ClaimNames) withDefaults() ClaimNames {
	for _, d := range []struct {
		name   *string
		normal string
	}{
		{&n.UserID, "user_id"},
		{&n.TokenType, "token_type"},
		{&n.ID, "jti"},
	} {
		if *d.name == "" {
			*d.name = d.normal
		}
	}
	return n
}

// check refuses names that mean something else. Case does not tell names apart: to
// some who read tokens it means nothing.
func (n ClaimNames) check() (mistakes []Mistake) {
	n = n.withDefaults()
	taken := map[string]string{}
	for _, claim := range []struct{ key, name, normal string }{
		{"jwt.user_id_claim", n.UserID, "user_id"},
		{"jwt.token_type_claim", n.TokenType, "token_type"},
		{"jwt.jti_claim", n.ID, "jti"},
	} {
		lower := strings.ToLower(claim.name)
		switch {
		case len(claim.name) > maxClaimName || !goodName.MatchString(claim.name):
			mistakes = append(mistakes, Mistake{claim.key, "is no name", "give at most 64 letters, digits, _ . : / and -, such as " + claim.normal})
		case claim.name != claim.normal && slices.Contains(reserved, lower):
			mistakes = append(mistakes, Mistake{claim.key, "is the name of a claim with another meaning", "give a name of its own, such as " + claim.normal})
		case taken[lower] != "":
			mistakes = append(mistakes, Mistake{claim.key, "is the same as " + taken[lower], "give each a name of its own, such as " + claim.normal})
		default:
			taken[lower] = claim.key
		}
	}
	return mistakes
}
