package domain_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestCode_mapping(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		hi, lo uint64
		digits int
		want   string
	}{
		{0, 0, 6, "000000"},
		{0, 7, 6, "000007"},
		{0, 999_999, 6, "999999"},
		{0, 1_000_000, 6, "000000"},
		{0, 9_999_999, 7, "9999999"},
		{0, 99_999_999, 8, "99999999"},
		{0, 999_999_999, 9, "999999999"},
		{0, 9_999_999_999, 10, "9999999999"},
		{0, 10_000_000_000, 10, "0000000000"},
		{0, 1<<64 - 1, 6, "551615"},
		{1, 0, 6, "551616"}, // 2^64
		{1<<64 - 1, 1<<64 - 1, 10, "1768211455"},
	} {
		require.Equal(t, tt.want, domain.CodeFrom(tt.hi, tt.lo, tt.digits).Reveal(), "%d, %d to %d digits", tt.hi, tt.lo,
			tt.digits)
	}
}

func TestCode_mappingIsTheRemainderOfAllBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hi, lo := rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")
		digits := rapid.IntRange(domain.MinCodeDigits, domain.MaxCodeDigits).Draw(t, "digits")
		n := new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64)
		n.Add(n, new(big.Int).SetUint64(lo))
		n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		require.Equal(t, fmt.Sprintf("%0*s", digits, n), domain.CodeFrom(hi, lo, digits).Reveal())
	})
}

func TestCode_Equal(t *testing.T) {
	t.Parallel()
	code := domain.NewCode("012345")
	require.True(t, code.Equal("012345"))
	for _, typed := range []string{"", "12345", "0123456", "012346", "01234", " 012345", "０12345", "[code]"} {
		require.False(t, code.Equal(typed), "%q", typed)
	}
	require.False(t, domain.Code{}.Equal(""), "nothing equals the zero code")
	require.False(t, domain.NewCode("").Equal(""))
	require.Empty(t, domain.Code{}.Reveal())
}

// secretDigits are ten digits that no address of a function shows by chance.
const secretDigits = "4937051826"

// holders are the ways in which a code gets into something that is printed.
func holders() []any {
	code := domain.NewCode(secretDigits)
	type exported struct {
		To   string
		Code domain.Code
	}
	type hidden struct {
		to   string
		code domain.Code
		more *domain.Code
	}
	type embedded struct{ domain.Code }
	deep := hidden{"ada", code, &code}
	return []any{
		code, &code,
		exported{"ada", code},
		&exported{"ada", code}, deep, &deep,
		embedded{code},
		&embedded{code},
		[]domain.Code{code},
		[1]domain.Code{code},
		map[string]domain.Code{"code": code},
		map[string]any{"a": map[string]any{"b": &deep}},
		[]any{code, &code, deep},
		struct{ any }{code},
		struct{ inner []hidden }{[]hidden{deep}},
		func() domain.Code { return code },
		fmt.Errorf("send %v: %w", code, errors.New("refused")), errors.Join(fmt.Errorf("%+v", deep)),
	}
}

func TestCode_cannotBePrinted(t *testing.T) {
	t.Parallel()
	verbs := []string{
		"%v", "%+v", "%#v", "%d", "%+d", "%x", "%X", "%# x", "%s", "%q", "%+q", "%#q", "%o", "%b", "%c", "%U", "%t", "%e",
		"%g", "%p", "%T", "%w", "%z", "%10.3v", "%[1]*[1]v",
	}
	for _, holder := range holders() {
		for _, verb := range verbs {
			requireNoDigits(t, fmt.Sprintf(verb, holder), "%s of %T", verb, holder)
		}
		requireNoDigits(t, fmt.Sprint(holder), "Sprint of %T", holder)
		requireNoDigits(t, fmt.Sprintln("code", holder), "Sprintln of %T", holder)
	}
	require.Equal(t, "[code] [code] [code]",
		fmt.Sprintf("%v %s %#v", domain.NewCode("123456"), domain.NewCode("123456"), domain.NewCode("123456")))
}

func TestCode_cannotBeEncoded(t *testing.T) {
	t.Parallel()
	for _, holder := range holders() {
		for name, encode := range map[string]func(any) ([]byte, error){
			"json": json.Marshal,
			"xml":  xml.Marshal,
			"gob": func(v any) ([]byte, error) {
				var b bytes.Buffer
				err := gob.NewEncoder(&b).Encode(v)
				return b.Bytes(), err
			},
		} {
			text, err := encode(holder)
			requireNoDigits(t, string(text), "%s of %T", name, holder)
			if err != nil {
				requireNoDigits(t, err.Error(), "error of %s of %T", name, holder)
			}
		}
	}
	text, err := json.Marshal(domain.NewCode(secretDigits))
	require.NoError(t, err)
	require.Equal(t, `"[code]"`, string(text))
}

func TestCode_cannotBeLogged(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for _, logger := range []*slog.Logger{
		slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{AddSource: true})),
		slog.New(slog.NewJSONHandler(&b, nil)),
	} {
		for _, holder := range holders() {
			logger.Info("sent", "code", holder, slog.Any("any", holder), slog.Group("group", "code", holder))
			logger.With("code", holder).WithGroup("g").Error("sent", "err", fmt.Errorf("send: %v", holder))
		}
	}
	requireNoDigits(t, b.String(), "log")
	require.NotEmpty(t, b.String())
}

// requireNoDigits looks for the digits as they are, backwards, and in the forms
// that verbs and encoders make of text.
func requireNoDigits(t *testing.T, text, format string, args ...any) {
	t.Helper()
	backwards := []byte(secretDigits)
	slices.Reverse(backwards)
	forms := []string{
		secretDigits, string(backwards), hex.EncodeToString([]byte(secretDigits)),
		base64.StdEncoding.EncodeToString([]byte(secretDigits)),
		strings.Trim(fmt.Sprint([]byte(secretDigits)), "[]"), strings.Trim(fmt.Sprintf("% x", secretDigits), "[]"),
	}
	for _, form := range forms {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(form), append([]any{format}, args...)...)
	}
}
