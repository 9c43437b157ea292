package jwt

// kind is what a token is for. Whatever tells kinds apart is here.
type kind struct {
	use       string // in the derivation of its keys
	typ       string // in the header
	tokenType string // in the claims
	personal  bool   // says who the user is and how they were proved
}

// The kinds of token.
var (
	accessToken  = kind{use: "access token", typ: "at+jwt", tokenType: "access", personal: true}
	refreshToken = kind{use: "refresh token", typ: "rt+jwt", tokenType: "refresh"}
)
