package jwt

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/doorcode-auth/doorcode/domain"
)

// Names of claims that cannot be configured (RFC 7519, 4.1; RFC 9068, 2.2); the others
// are ClaimNames.
const (
	claimSubject    = "sub"
	claimSessionID  = "sid"
	claimGeneration = "gen"
	claimIssuedAt   = "iat"
	claimExpiresAt  = "exp"
	claimNotBefore  = "nbf" // never written, but obeyed
	claimAuthTime   = "auth_time"
	claimAMR        = "amr"
	claimIssuer     = "iss"
	claimAudience   = "aud"
	claimClientID   = "client_id" // of access tokens; ignored when read
)

const (
	maxID          = 128             // length of a jti, in bytes
	claimsCapacity = 512             // usual length of encoded claims, in bytes
	maxSeconds     = 253_402_300_799 // the end of the year 9999
)

// claims are the claims of a token. A zero value, or a negative generation, stands for
// a missing claim; times are in seconds since 1970.
type claims struct {
	format     *format
	subject    string
	userID     int64  // for UserIDNumber
	userUUID   string // for UserIDUUID
	sessionID  string
	generation int64
	tokenType  string
	id         string
	issuedAt   int64
	expiresAt  int64
	notBefore  int64
	authTime   int64
	amr        []string
	issuer     string
	audience   []string
	clientID   string
}

// format is the configured encoding of claims.
type format struct {
	names  ClaimNames
	userID UserIDField
}

// complete reports whether all claims that a kind of token requires are present with a
// possible value. Times, issuer and audience have checks of their own.
func (c *claims) complete(k kind) bool {
	ok := domain.IsUUID(c.subject) && domain.IsUUID(c.sessionID) && c.id != "" && len(c.id) <= maxID &&
		c.issuedAt > 0 && c.expiresAt > c.issuedAt
	if !k.identifiesUser {
		return ok && c.generation >= 0
	}
	return ok && c.hasUserID() && c.authTime > 0 && len(c.amr) > 0 && !slices.Contains(c.amr, "")
}

// hasUserID reports whether the user id is possible. A uuid must equal sub.
func (c *claims) hasUserID() bool {
	if c.format.userID == UserIDUUID {
		return c.userUUID == c.subject
	}
	return c.userID > 0
}

// checkTimes accepts a token until exp plus the leeway, and from iat, nbf and auth_time
// on, with a tolerance for clock skew.
func (c *claims) checkTimes(now time.Time, leeway time.Duration) error {
	if !now.Before(time.Unix(c.expiresAt, 0).Add(leeway)) {
		return expired
	}
	if latest := now.Add(clockTolerance).Unix(); max(c.issuedAt, c.notBefore, c.authTime) > latest {
		return fromFuture
	}
	return nil
}

// encode returns the claims as JSON.
func (c *claims) encode() []byte {
	o := make(object, 0, claimsCapacity)
	o.text(claimSubject, c.subject)
	o.number(c.format.names.UserID, c.userID)
	o.text(c.format.names.UserID, c.userUUID)
	o.text(claimSessionID, c.sessionID)
	if c.tokenType == refreshToken.tokenType {
		o.name(claimGeneration)
		o = strconv.AppendInt(o, c.generation, 10)
	}
	o.text(c.format.names.TokenType, c.tokenType)
	o.text(c.format.names.ID, c.id)
	o.number(claimIssuedAt, c.issuedAt)
	o.number(claimExpiresAt, c.expiresAt)
	o.number(claimAuthTime, c.authTime)
	o.texts(claimAMR, c.amr)
	o.text(claimIssuer, c.issuer)
	for _, audience := range c.audience {
		o.text(claimAudience, audience)
	}
	o.text(claimClientID, c.clientID)
	return o.end()
}

// UnmarshalJSON decodes claims by their exact names. It is stricter than encoding/json:
// duplicate names are refused, "SUB" is not "sub", numbers are integers. Unknown claims
// are ignored.
func (c *claims) UnmarshalJSON(data []byte) error {
	return visitMembers(data, func(name, value []byte) (err error) {
		switch string(name) {
		case claimSubject:
			c.subject, err = readText(value)
		case c.format.names.UserID:
			err = c.readUserID(value)
		case claimSessionID:
			c.sessionID, err = readText(value)
		case claimGeneration:
			c.generation, err = readNumber(value)
		case c.format.names.TokenType:
			c.tokenType, err = readText(value)
		case c.format.names.ID:
			c.id, err = readText(value)
		case claimIssuedAt:
			c.issuedAt, err = readSeconds(value)
		case claimExpiresAt:
			c.expiresAt, err = readSeconds(value)
		case claimNotBefore:
			c.notBefore, err = readSeconds(value)
		case claimAuthTime:
			c.authTime, err = readSeconds(value)
		case claimAMR:
			c.amr, err = readTexts(value)
		case claimIssuer:
			c.issuer, err = readText(value)
		case claimAudience:
			c.audience, err = readTexts(value)
		}
		return err
	})
}

func (c *claims) readUserID(value []byte) (err error) {
	if c.format.userID == UserIDUUID {
		c.userUUID, err = readText(value)
		return err
	}
	c.userID, err = readNumber(value)
	return err
}

// readSeconds reads a time before the year 10000: a later one could overflow.
func readSeconds(value []byte) (int64, error) {
	n, err := readNumber(value)
	if err == nil && (n <= 0 || n > maxSeconds) {
		err = badClaim
	}
	return n, err
}

// The methods below implement jwt.Claims, from which the library validates.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(c.expiresAt), nil }

func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return numericDate(c.issuedAt), nil }

func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return numericDate(c.notBefore), nil }
func (c *claims) GetIssuer() (string, error)              { return c.issuer, nil }
func (c *claims) GetSubject() (string, error)             { return c.subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)  { return c.audience, nil }

func numericDate(seconds int64) *jwt.NumericDate {
	if seconds == 0 {
		return nil
	}
	return &jwt.NumericDate{Time: time.Unix(seconds, 0)}
}

// UserIDField is the field of a user that the user id claim holds.
type UserIDField string

// The fields of a user.
const (
	UserIDNumber UserIDField = "id"   // a number
	UserIDUUID   UserIDField = "uuid" // the same text as sub
)

// ClaimNames are the names of claims that can be configured.
type ClaimNames struct {
	UserID    string // defaults to user_id
	TokenType string // defaults to token_type
	ID        string // defaults to jti
}

// reserved are registered claim names (RFC 7519, 4.1; RFC 9068, 2.2; RFC 7800) and the
// other names that our tokens use.
var reserved = []string{
	claimSubject, claimSessionID, claimGeneration, claimIssuedAt, claimExpiresAt, claimNotBefore, claimAuthTime, claimAMR,
	claimIssuer, claimAudience, claimClientID, "jti", "acr", "scope", "cnf",
}

// validName allows names that JSON writes without escapes: visitMembers refuses others.
var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.:/-]*$`)

const maxClaimName = 64 // in bytes

func (n ClaimNames) withDefaults() ClaimNames {
	return ClaimNames{cmp.Or(n.UserID, "user_id"), cmp.Or(n.TokenType, "token_type"), cmp.Or(n.ID, "jti")}
}

// check refuses invalid, reserved and equal names. Names are compared without case,
// because some libraries match claims so.
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
		case len(claim.name) > maxClaimName || !validName.MatchString(claim.name):
			mistakes = append(mistakes, Mistake{
				claim.key, "is no name", "give at most 64 letters, digits, _ . : / and -, such as " + claim.normal,
			})
		case claim.name != claim.normal && slices.Contains(reserved, lower):
			mistakes = append(mistakes, Mistake{
				claim.key, "is the name of a claim with another meaning", "give a name of its own, such as " + claim.normal,
			})
		case taken[lower] != "":
			mistakes = append(mistakes, Mistake{
				claim.key, "is the same as " + taken[lower], "give each a name of its own, such as " + claim.normal,
			})
		default:
			taken[lower] = claim.key
		}
	}
	return mistakes
}
