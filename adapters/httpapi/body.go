package httpapi

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// body is a JSON object as a client sent it, and what was wrong with the members
// that have been asked for: all of it is told at once.
type body struct {
	at       string // the JSON pointer of the object, "" for the whole body
	object   jsonValue
	problems *badMembers
}

// readBody reads the body of a request in the order of the contract: its size,
// its media type, and then JSON. An empty body is an object without members.
func readBody(r *http.Request) (body, error) {
	b := body{problems: &badMembers{}}
	data, err := readBytes(r)
	if err != nil || len(data) == 0 {
		return b, err
	}
	switch {
	case len(r.Header["Content-Encoding"]) > 0:
		return b, errEncodedBody
	case !isJSON(r.Header):
		return b, errUnsupportedMediaType
	}
	b.object, err = parseJSON(data)
	if err != nil {
		*b.problems = append(*b.problems, badMember{Pointer: pointerIn(err), Detail: err.Error()})
	}
	return b, b.err()
}

// readBytes reads no more than it must to know that a body is too large.
func readBytes(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBodyBytes {
		return nil, errBodyTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes+1))
	if int64(len(data)) > maxBodyBytes {
		return nil, errBodyTooLarge
	}
	if err != nil { // the client has gone, or was too slow
		return nil, badMembers{{Detail: "Must arrive whole and in time"}}
	}
	return data, nil
}

// isJSON reports whether a body says of itself that it is plain JSON.
func isJSON(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 {
		return false
	}
	if types[0] == "application/json" {
		return true
	}
	media, params, err := mime.ParseMediaType(types[0])
	charset, given := params["charset"]
	return err == nil && media == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

// refuse notes what is wrong with a member.
func (b body) refuse(name, cure string) {
	pointer := b.at
	if name != "" {
		pointer += "/" + name
	}
	*b.problems = append(*b.problems, badMember{Pointer: pointer, Detail: cure})
}

// refuseFields notes what a fault says is wrong with members.
func (b body) refuseFields(err error) {
	for _, wrong := range domain.AsError(err).Fields() {
		b.refuse(wrong.Field, wrong.Cure)
	}
}

// err is all that was noted, or nil.
func (b body) err() error {
	if len(*b.problems) == 0 {
		return nil
	}
	return *b.problems
}

// text is a member that must be a string. It is nil when absent, or null, or
// refused.
func (b body) text(name string) *string {
	switch v := b.object.member(name); v.kind {
	case 's':
		return &v.text
	case 'n':
	default:
		b.refuse(name, "Must be a string")
	}
	return nil
}

// textOr is text, or "" where that is nil.
func (b body) textOr(name string) string {
	if text := b.text(name); text != nil {
		return *text
	}
	return ""
}

// inner is a member that must be an object. It has no members when absent.
func (b body) inner(name string) body {
	in := body{at: b.at + "/" + name, object: b.object.member(name), problems: b.problems}
	if in.object.kind != 'o' && in.object.kind != 'n' {
		b.refuse(name, "Must be an object")
	}
	return in
}

// given reports whether a member is there, of whatever type.
func (b body) given(name string) bool { return b.object.member(name).kind != 'n' }
