package client

import (
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are the claims of an access token. All fields are always set.
type Claims struct {
	Subject   string   // uuid of the user: the stable key
	UserID    string   // doorcode's user id claim: the number in decimal, or the uuid
	SessionID string   // session that the token belongs to
	ID        string   // jti, unique per token
	AMR       []string // authentication methods: otp and the channels of the code, such as sms
	AuthTime  time.Time
	IssuedAt  time.Time
	ExpiresAt time.Time
	Issuer    string
	Audience  []string
}

const (
	maxID          = 128             // length of a jti, in bytes
	maxSeconds     = 253_402_300_799 // the end of the year 9999
	clockTolerance = 5 * time.Second // accepted clock skew to doorcode
	accessToken    = "access"
)

// payload decodes the claims of a token. A zero value stands for a missing claim; times
// are in seconds since 1970.
type payload struct {
	names     ClaimNames
	subject   string
	userID    string
	sessionID string
	tokenType string
	id        string
	issuedAt  int64
	expiresAt int64
	notBefore int64
	authTime  int64
	amr       []string
	issuer    string
	audience  []string
}

// UnmarshalJSON decodes claims by their exact names. It is stricter than encoding/json:
// duplicate names are refused, SUB is not sub, numbers are integers. Unknown claims are
// ignored. The data must be valid JSON, as json.Unmarshal guarantees.
func (p *payload) UnmarshalJSON(data []byte) error {
	return visitMembers(data, func(name, value []byte) (err error) {
		switch string(name) {
		case "sub":
			p.subject, err = readText(value)
		case p.names.UserID:
			p.userID, err = readUserID(value)
		case "sid":
			p.sessionID, err = readText(value)
		case p.names.TokenType:
			p.tokenType, err = readText(value)
		case p.names.ID:
			p.id, err = readText(value)
		case "iat":
			p.issuedAt, err = readSeconds(value)
		case "exp":
			p.expiresAt, err = readSeconds(value)
		case "nbf":
			p.notBefore, err = readSeconds(value)
		case "auth_time":
			p.authTime, err = readSeconds(value)
		case "amr":
			p.amr, err = readTexts(value)
		case "iss":
			p.issuer, err = readText(value)
		case "aud":
			p.audience, err = readTexts(value)
		}
		return err
	})
}

// check verifies all claims but issuer and audience, which the library verifies.
func (p *payload) check(now time.Time, leeway time.Duration) error {
	if p.tokenType != accessToken {
		return ErrWrongType
	}
	if !p.complete() {
		return ErrIncomplete
	}
	if !now.Before(time.Unix(p.expiresAt, 0).Add(leeway)) {
		return ErrExpired
	}
	if latest := now.Add(clockTolerance).Unix(); max(p.issuedAt, p.notBefore, p.authTime) > latest {
		return ErrFromFuture
	}
	return nil
}

// complete reports whether all claims are present with a possible value. A user id that
// is a uuid must equal sub.
func (p *payload) complete() bool {
	return isUUID(p.subject) && isUUID(p.sessionID) && p.id != "" && len(p.id) <= maxID &&
		(p.userID == p.subject || isPositive(p.userID)) && len(p.amr) > 0 && !slices.Contains(p.amr, "") &&
		p.authTime > 0 && p.issuedAt > 0 && p.expiresAt > p.issuedAt
}

func (p *payload) claims() Claims {
	return Claims{
		Subject: p.subject, UserID: p.userID, SessionID: p.sessionID, ID: p.id, AMR: p.amr,
		AuthTime: time.Unix(p.authTime, 0).UTC(), IssuedAt: time.Unix(p.issuedAt, 0).UTC(),
		ExpiresAt: time.Unix(p.expiresAt, 0).UTC(), Issuer: p.issuer, Audience: p.audience,
	}
}

// The methods below implement jwt.Claims, from which the library validates.

func (p *payload) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(p.expiresAt), nil }

func (p *payload) GetIssuedAt() (*jwt.NumericDate, error) { return numericDate(p.issuedAt), nil }

func (p *payload) GetNotBefore() (*jwt.NumericDate, error) { return numericDate(p.notBefore), nil }
func (p *payload) GetIssuer() (string, error)              { return p.issuer, nil }
func (p *payload) GetSubject() (string, error)             { return p.subject, nil }
func (p *payload) GetAudience() (jwt.ClaimStrings, error)  { return p.audience, nil }

func numericDate(seconds int64) *jwt.NumericDate {
	if seconds == 0 {
		return nil
	}
	return &jwt.NumericDate{Time: time.Unix(seconds, 0)}
}
