package exchange

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/strictjson"
	"github.com/doorcode-auth/doorcode/domain"
)

// MaxBodyBytes bounds the body of a request.
const MaxBodyBytes = 64 << 10

// Body is a JSON object as a client sent it. It collects what is wrong with its members,
// so that Err tells all of it at once.
type Body struct {
	at       string // the JSON pointer of the object, "" for the whole body
	object   strictjson.Value
	problems *BadMembers
}

// ReadBody reads the body of a request in the order of the contract: its size, its media
// type, and then JSON. An empty body is an object without members.
func ReadBody(r *http.Request) (Body, error) {
	b := Body{problems: &BadMembers{}}
	data, err := ReadBytes(r)
	if err != nil || len(data) == 0 {
		return b, err
	}
	switch {
	case len(r.Header["Content-Encoding"]) > 0:
		return b, errEncodedBody
	case !isJSON(r.Header):
		return b, errUnsupportedMediaType
	}
	b.object, err = strictjson.Parse(data)
	if err != nil {
		*b.problems = append(*b.problems, BadMember{Pointer: strictjson.Pointer(err), Detail: err.Error()})
	}
	return b, b.Err()
}

// ReadBytes reads a whole body. It reads no more than is needed to know that a body is
// too large.
func ReadBytes(r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBodyBytes {
		return nil, errBodyTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, MaxBodyBytes+1))
	if int64(len(data)) > MaxBodyBytes {
		return nil, errBodyTooLarge
	}
	if err != nil { // the client is gone, or too slow
		return nil, ErrIncompleteBody
	}
	return data, nil
}

// isJSON reports whether the media type is JSON in UTF-8.
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

// Refuse adds a problem with a member; "" is the object itself.
func (b Body) Refuse(name, cure string) {
	pointer := b.at
	if name != "" {
		pointer += "/" + name
	}
	*b.problems = append(*b.problems, BadMember{Pointer: pointer, Detail: cure})
}

// RefuseFields adds the problems with members that a fault names.
func (b Body) RefuseFields(err error) {
	for _, wrong := range domain.AsError(err).Fields() {
		b.Refuse(wrong.Field, wrong.Cure)
	}
}

// Err is all problems so far, or nil.
func (b Body) Err() error {
	if len(*b.problems) == 0 {
		return nil
	}
	return *b.problems
}

// Text is a member that must be a string. It is nil when absent, null or refused.
func (b Body) Text(name string) *string {
	switch v := b.object.Member(name); v.Kind {
	case strictjson.String:
		return &v.Text
	case strictjson.Null:
	default:
		b.Refuse(name, "Must be a string")
	}
	return nil
}

// TextOr is Text, or "" where that is nil.
func (b Body) TextOr(name string) string {
	if text := b.Text(name); text != nil {
		return *text
	}
	return ""
}

// Inner is a member that must be an object. It has no members when absent.
func (b Body) Inner(name string) Body {
	in := Body{at: b.at + "/" + name, object: b.object.Member(name), problems: b.problems}
	if in.object.Kind != strictjson.Object && in.object.Kind != strictjson.Null {
		b.Refuse(name, "Must be an object")
	}
	return in
}

// Value is a member of any type.
func (b Body) Value(name string) strictjson.Value { return b.object.Member(name) }

// Given reports whether a member is present, of any type.
func (b Body) Given(name string) bool { return b.object.Member(name).Kind != strictjson.Null }

// AnyGiven reports whether one of several members is present.
func (b Body) AnyGiven(names ...string) bool { return slices.ContainsFunc(names, b.Given) }
