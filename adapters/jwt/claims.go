package jwt

import (
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/doorcode-auth/doorcode/domain"
)

// The names of claims that are always the same (RFC 7519, 4.1; RFC 9068, 2.2). The
// others are ClaimNames.
const (
	claimSubject    = "sub"
	claimSessionID  = "sid"
	claimGeneration = "gen"
	claimIssuedAt   = "iat"
	claimExpiresAt  = "exp"
	claimNotBefore  = "nbf" // never ours, but kept to
	claimAuthTime   = "auth_time"
	claimAMR        = "amr"
	claimIssuer     = "iss"
	claimAudience   = "aud"
)

const (
	maxID       = 128             // of a jti, in bytes
	usualClaims = 512             // of a token, in bytes
	maxSeconds  = 253_402_300_799 // the end of the year 9999
)

// claims are what a token says. A zero value means that it does not say it, or a
// negative generation; times are in seconds since 1970.
type claims struct {
	format     *format
	subject    string
	userID     int64  // where it is the number
	userUUID   string // where it is the uuid
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
}

// format is how claims are written.
type format struct {
	names  ClaimNames
	userID UserIDField
}

// complete reports whether a token of a kind has all the claims that it must have,
// each with a value that it can have. Times, issuer and audience are checked
// besides.
func (c *claims) complete(k kind) bool {
	ok := domain.IsUUID(c.subject) && domain.IsUUID(c.sessionID) && c.id != "" && len(c.id) <= maxID &&
		c.issuedAt > 0 && c.expiresAt > c.issuedAt
	if !k.personal {
		return ok && c.generation >= 0
	}
	for _, method := range c.amr {
		ok = ok && method != ""
	}
	return ok && c.namesUser() && c.authTime > 0 && len(c.amr) > 0
}

// namesUser reports whether the user id is one. The uuid is there twice, and must
// be the same.
func (c *claims) namesUser() bool {
	if c.format.userID == UserIDUUID {
		return c.userUUID == c.subject
	}
	return c.userID > 0
}

// timely reports what is wrong with the times: a token is good until exp and the
// leeway, but from iat, nbf and auth_time on, give or take the clocks.
func (c *claims) timely(now time.Time, leeway time.Duration) error {
	if !now.Before(time.Unix(c.expiresAt, 0).Add(leeway)) {
		return expired
	}
	if soon := now.Add(clockTolerance).Unix(); max(c.issuedAt, c.notBefore, c.authTime) > soon {
		return tooEarly
	}
	return nil
}

// encode writes the claims as JSON.
func (c *claims) encode() []byte {
	o := make(object, 0, usualClaims)
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
	return o.end()
}

// UnmarshalJSON reads the claims by their exact names. It is stricter than
// encoding/json: no name comes twice, "SUB" is not "sub", a number is a whole one.
// Other claims are left alone.
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

// readSeconds reads a time, which is in this age: later ones could overflow.
func readSeconds(value []byte) (int64, error) {
	n, err := readNumber(value)
	if err == nil && (n <= 0 || n > maxSeconds) {
		err = incomplete
	}
	return n, err
}

// The library asks the claims for what it checks (jwt.Claims).

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
