package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	for _, test := range []struct {
		name, body string
		want       error
	}{
		{"nothing", ``, errSyntax.near(0)},
		{"white space", " \n", errSyntax.near(2)},
		{"half an object", `{"a":1`, errSyntax.near(6)},
		{"a comma too many", `{"a":1,}`, errSyntax.near(8)},
		{"single quotes", `{'a':1}`, errSyntax.near(2)},
		{"a comment", `{"a":1/**/}`, errSyntax.near(7)},
		{"an invalid number", `{"a":01}`, errSyntax.near(7)},
		{"NaN", `{"a":NaN}`, errSyntax.near(6)},
		{"a line break in a text", "{\"a\":\"\n\"}", errSyntax.near(7)},
		{"a byte order mark", "\ufeff{}", errSyntax.near(1)},
		{"two values", `{} {}`, errSyntax.near(4)},
		{"bytes after it", `{}x`, errSyntax.near(3)},
		{"NUL after it", "{}\x00", errSyntax.near(3)},
		{"NUL in a text", "{\"a\":\"\x00\"}", errSyntax.near(7)},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", errSyntax.near(7)},
		{"an encoded surrogate", "{\"a\":\"\xed\xa0\x80\"}", errSyntax.near(7)},
		{"UTF-16", "\xff\xfe{\x00}\x00", errSyntax.near(1)},
		{"NUL as an escape", `{"a":"\u0000"}`, errText},
		{"NUL in a name", `{"\u0000":1}`, errText},
		{"NUL in an unread member", `{"x":[{"y":"a\u0000"}]}`, errText},
		{"a high surrogate alone", `{"a":"\ud83d"}`, errText},
		{"a low surrogate alone", `{"a":"\ude00"}`, errText},
		{"surrogates the wrong way round", `{"a":"\ude00\ud83d"}`, errText},
		{"two high surrogates", `{"a":"\ud83d\ud83d"}`, errText},
		{"a high surrogate before a letter", `{"a":"\ud83dude00"}`, errText},
		{"a high surrogate before another escape", `{"a":"\ud83d\n"}`, errText},
		{"a member twice", `{"a":1,"b":2,"a":1}`, errDuplicate},
		{"a member twice, escaped", `{"a":1,"\u0061":1}`, errDuplicate},
		{"a member twice, deep inside", `{"a":[{"b":{"c":1,"c":1}}]}`, errDuplicate},
		{"33 levels", deep(33), errDepth},
		{"33 levels of objects", strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33), errDepth},
		{"more levels than encoding/json takes", deep(20_000), errDepth},
		{"33 levels without an end", strings.Repeat(`[`, 33), errDepth},
		{"33 levels and then nonsense", deep(33) + "x", errDepth},
		{"33 levels after nonsense", `{"a":x` + strings.Repeat(`[`, 33), errSyntax.near(6)},
		{"33 levels and then a member twice", `{"a":1,"a":1,"b":` + deep(32) + `}`, errDepth},
		{"33 levels after a member twice, deep inside", `{"a":{"b":1,"b":1},"c":` + deep(32) + `}`, errDepth},
		{"bad UTF-8 after nonsense", "{\"a\":x\"\xff\"}", errSyntax.near(6)},
		{"an array", `[]`, errNotObject},
		{"a text", `"a"`, errNotObject},
		{"null", `null`, errNotObject},
		{"a number", `1`, errNotObject},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(test.body))
			require.EqualError(t, err, test.want.Error())
		})
	}
}

// An error about one member has the pointer to it.
func TestParse_pointsAtTheMember(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxPointer)
	for body, want := range map[string]string{
		`{"a":1,"b":2,"a":1}`:                         "/a",
		`{"b":{"c":1,"d":2,"c":{}}}`:                  "/b/c",
		`{"a":[0,[],[{"b":{"c":1,"\u0063":1}}]]}`:     "/a/2/0/b/c",
		`{"a/b~":1,"a/b~":1}`:                         "/a~1b~0",
		`{"":1,"":1}`:                                 "/",
		`{"` + long[1:] + `":1,"` + long[1:] + `":1}`: "/" + long[1:],
		`{"` + long + `":1,"` + long + `":1}`:         "",
		`{"a":"\u0000"}`:                              "/a",
		`{"a":["b","\ud83d"]}`:                        "/a/1",
		`{"a":{"\u0000":1}}`:                          "/a",
		`{"\u0000":1}`:                                "",
		`{"a":1,}`:                                    "",
		`[{"a":1}]`:                                   "",
	} {
		_, err := Parse([]byte(body))
		require.Error(t, err, body)
		require.Equal(t, want, Pointer(err), body)
	}
}

func TestParse_reads(t *testing.T) {
	t.Parallel()
	const body = "\t{ \"plain\" : \"é😀\", \"escaped\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\ufffd\" " +
		",\r\n\"null\":null," +
		"\"no\":false,\"yes\":true,\"n\":[-0.5e+3,0,1E9,12],\"o\":{\"\":{},\"a\":[[],{}]}, \"pl\\u0061in2\":\"\"}\n"
	v, err := Parse([]byte(body))
	require.NoError(t, err)
	require.Equal(t, "é😀", v.Member("plain").Text)
	require.Equal(t, "\"\\/\b\f\n\r\té😀\ufffd", v.Member("escaped").Text)
	require.Equal(t, Null, v.Member("null").Kind)
	require.Equal(t, Null, v.Member("absent").Kind)
	require.Equal(t, String, v.Member("plain2").Kind, "an escaped name is the name")
	for _, other := range []string{"no", "yes", "n"} {
		require.Equal(t, Other, v.Member(other).Kind, other)
	}
	require.Equal(t, Object, v.Member("o").Member("").Kind)
	require.Equal(t, "false", v.Member("no").Text)
	_, err = Parse([]byte(`{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`))
	require.NoError(t, err, "32 levels are not too many")
	_, err = Parse([]byte(`{"a":"` + strings.Repeat(`[{\"`, 80) + `\\","b":[` + strings.Repeat("[],{},", 40) + `0]}`))
	require.NoError(t, err, "brackets in a text, and beside each other, are no levels")
}

func TestParse_manyMembers(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 8000 {
		b.WriteString(`"` + strconv.Itoa(i) + `":0,`)
	}
	v, err := Parse([]byte(`{` + b.String() + `"a":"x"}`))
	require.NoError(t, err)
	require.Equal(t, "x", v.Member("a").Text)
	_, err = Parse([]byte(`{` + b.String() + `"7":0}`))
	require.EqualError(t, err, errDuplicate.Error())
}

// FuzzParse compares Parse with a slow implementation on encoding/json: both accept the same
// bodies and return the same values.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"identifier":"ada@example.com","channel":null}`, `{"a":"\ud83d\ude00\u0000"}`, `{"a":"\ud83d\\ude00"}`,
		`{"a":1,"\u0061":2}`, `{"a":[{"b":{"c":[1,2.5e-3,true,false,null,"x\n"]}}]}`, "{\"a\":\"\xff\"}", `{"a":"\ufffd"}`,
		strings.Repeat(`{"a":`, 32) + `[]` + strings.Repeat(`}`, 32),
		strings.Repeat(`{"a":`, 31) + `[]` + strings.Repeat(`}`, 31),
		`[]`, `{}{}`, ` { "a" : [ ] , "b" : { } } `, `{"":"","\"":"\/"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, wantErr := slowParse(body)
		got, err := Parse(body)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got error %v, want %v, for %q", err, wantErr, body)
		}
		if err != nil {
			return
		}
		require.Equal(t, want, plain(got), "%q", body)
	})
}

// plain is a value as slowParse makes it.
func plain(v Value) any {
	switch v.Kind {
	case String:
		return v.Text
	case Null:
		return nil
	case Object:
		object := map[string]any{}
		for _, m := range v.members {
			object[m.name] = plain(m.value)
		}
		return object
	default:
		return "something else"
	}
}

var errSlow = errors.New("not strict JSON")

// slowParse is Parse, written to be obviously correct instead of fast.
func slowParse(body []byte) (any, error) {
	if !utf8.Valid(body) || !json.Valid(body) || oddEscapes(body) {
		return nil, errSlow
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := slowValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errSlow
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, errSlow
	}
	return v, nil
}

func slowValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		switch token.(type) {
		case string, nil:
			return token, nil
		default:
			return "something else", nil
		}
	}
	if depth++; depth > 32 {
		return nil, errSlow
	}
	object := map[string]any{}
	for d.More() {
		var name any
		if delim == '{' {
			if name, err = d.Token(); err != nil {
				return nil, err
			}
			if _, twice := object[name.(string)]; twice {
				return nil, errSlow
			}
		}
		value, err := slowValue(d, depth)
		if err != nil {
			return nil, err
		}
		if delim == '{' {
			object[name.(string)] = value
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if delim == '[' {
		return "something else", nil
	}
	return object, nil
}

// oddEscapes finds escapes of NUL and of half a surrogate pair. Backslashes stand
// only in texts.
func oddEscapes(body []byte) bool {
	unit := func(i int) (rune, bool) {
		if i+6 > len(body) || body[i] != '\\' || body[i+1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(body[i+2:i+6]), 16, 16)
		return rune(n), err == nil
	}
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		c, ok := unit(i)
		switch {
		case !ok:
			i++ // the sign after it, be it a backslash
		case c == 0:
			return true
		case utf16.IsSurrogate(c):
			low, ok := unit(i + 6)
			if !ok || utf16.DecodeRune(c, low) == utf8.RuneError {
				return true
			}
			i += 11
		default:
			i += 5
		}
	}
	return false
}

func BenchmarkParse(b *testing.B) {
	body := []byte(`{"identifier":"ada@example.com","challenge_id":"019cec37-b600-7000-8000-000000000001",` +
		`"otp_code":"123456"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(body); err != nil {
			b.Fatal(err)
		}
	}
}
