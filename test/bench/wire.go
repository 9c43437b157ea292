package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// The requests of the plays as they go over the wire, appended to buf. What is
// in them needs no escaping: we have made it, or the server has.

const (
	commonFields = " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: doorcode-bench\r\n"
	jsonFields   = "Content-Type: application/json\r\nContent-Length: "
)

func appendRequestOTP(buf []byte, address string) []byte {
	const before, after = `{"identifier":"`, `"}`
	buf = appendPost(buf, "/api/auth/otp/request/", len(before)+len(address)+len(after))
	buf = append(buf, before...)
	buf = append(buf, address...)
	return append(buf, after...)
}

func appendVerifyOTP(buf []byte, l letter) []byte {
	const before, between, after = `{"challenge_id":"`, `","otp_code":"`, `"}`
	buf = appendPost(buf, "/api/auth/otp/verify/", len(before)+len(l.challenge)+len(between)+len(l.code)+len(after))
	buf = append(buf, before...)
	buf = append(buf, l.challenge...)
	buf = append(buf, between...)
	buf = append(buf, l.code...)
	return append(buf, after...)
}

func appendRefresh(buf []byte, token string) []byte {
	const before, after = `{"refresh":"`, `"}`
	buf = appendPost(buf, "/api/auth/token/refresh/", len(before)+len(token)+len(after))
	buf = append(buf, before...)
	buf = append(buf, token...)
	return append(buf, after...)
}

func appendPost(buf []byte, path string, length int) []byte {
	buf = append(buf, "POST "...)
	buf = append(buf, path...)
	buf = append(buf, commonFields...)
	buf = append(buf, jsonFields...)
	buf = strconv.AppendInt(buf, int64(length), 10)
	return append(buf, "\r\n\r\n"...)
}

func appendWhoAmI(buf []byte, token string) []byte {
	buf = append(buf, "GET /api/profile/"...)
	buf = append(buf, commonFields...)
	buf = append(buf, "Authorization: Bearer "...)
	buf = append(buf, token...)
	return append(buf, "\r\n\r\n"...)
}

// tokens are the tokens of a signed-in user.
type tokens struct{ access, refresh string }

// readTokens finds the tokens in the answer to a verify or a refresh.
func readTokens(body []byte) (t tokens, err error) {
	if t.access, err = readToken(body, "access"); err != nil {
		return tokens{}, err
	}
	t.refresh, err = readToken(body, "refresh")
	return t, err
}

func readToken(body []byte, kind string) (string, error) {
	_, rest, found := bytes.Cut(body, []byte(`"`+kind+`":"`))
	token, _, closed := bytes.Cut(rest, []byte(`"`))
	if !found || !closed || bytes.Count(token, []byte(".")) != 2 {
		return "", fmt.Errorf("no %s token in the answer", kind)
	}
	return string(token), nil
}
