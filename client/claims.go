package client

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what an access token says of the person who shows it. All of them are
// always there.
type Claims struct {
	Subject   string   // the uuid of the user; the name to know them by
	UserID    string   // doorcode's user id claim: the number in decimal, or the uuid
	SessionID string   // the sign-in; its tokens share it
	ID        string   // of this token alone
	AMR       []string // how they proved who they are: otp and the channels, such as sms
	AuthTime  time.Time
	IssuedAt  time.Time
	ExpiresAt time.Time
	Issuer    string
	Audience  []string
}

const (
	maxID          = 128             // of a jti, in bytes
	maxSeconds     = 253_402_300_799 // the end of the year 9999
	clockTolerance = 5 * time.Second // how far doorcode's clock may be ahead of ours
	accessToken    = "access"
)

// payload reads the claims of a token, as doorcode writes them. A zero value means
// that the token does not say it; times are in seconds since 1970.
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

// UnmarshalJSON reads the claims by their exact names. It is stricter than
// encoding/json: no name comes twice, SUB is not sub, a number is a whole one. Other
// claims are left alone. The data must be valid JSON, as it is for whoever is called
// by json.Unmarshal.
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

// check finds what is wrong with claims whose signature, issuer and audience are
// right.
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
	if soon := now.Add(clockTolerance).Unix(); max(p.issuedAt, p.notBefore, p.authTime) > soon {
		return ErrFromFuture
	}
	return nil
}

// complete reports whether all claims are there, each with a value that it can have.
// A user id that is a uuid must be that of sub.
func (p *payload) complete() bool {
	for _, method := range p.amr {
		if method == "" {
			return false
		}
	}
	return isUUID(p.subject) && isUUID(p.sessionID) && p.id != "" && len(p.id) <= maxID &&
		(p.userID == p.subject || isPositive(p.userID)) && len(p.amr) > 0 &&
		p.authTime > 0 && p.issuedAt > 0 && p.expiresAt > p.issuedAt
}

func (p *payload) claims() Claims {
	return Claims{
		Subject: p.subject, UserID: p.userID, SessionID: p.sessionID, ID: p.id, AMR: p.amr,
		AuthTime: time.Unix(p.authTime, 0).UTC(), IssuedAt: time.Unix(p.issuedAt, 0).UTC(), ExpiresAt: time.Unix(p.expiresAt, 0).UTC(),
		Issuer: p.issuer, Audience: p.audience,
	}
}

// The library asks the claims for what it checks (jwt.Claims).

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
