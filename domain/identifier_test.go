package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// Parts of an e-mail address of exactly the greatest lengths.
var (
	local64   = strings.Repeat("l", 64)
	label63   = strings.Repeat("d", 63)
	domain189 = label63 + "." + label63 + "." + strings.Repeat("d", 57) + ".com"
	domain190 = label63 + "." + label63 + "." + strings.Repeat("d", 58) + ".com"
)

func TestParseIdentifier_spellingsMeet(t *testing.T) {
	t.Parallel()
	for canonical, spellings := range map[string][]string{
		"+15551234567": {
			"+15551234567", "+1 555 123 4567", "+1-555-123-4567", "+1 (555) 123-4567", "+1(555)1234567",
			" +15551234567 ", "\t+1 555-123-4567\r\n", "+1  555  123  4567", "(+1) 555 123 4567",
			"+-1-5-5-5-1-2-3-4-5-6-7", "((+1))(555)(123)(4567)", "\v\f+1 5551234567",
			"+1\t5551234567", "+1 555\n1234567", "\u202a+1 555 123 4567\u202c", "\u202d+15551234567\u202c",
			"\u202e+15551234567", "\u2068+15551234567\u2069", "\ufeff+15551234567", "\u200e+1\u200b5551234567",
			"\u00a0+1\u00a05551234567\u00a0", "+1\u20115551234567", "+1\u20135551234567", "+1\u2212555\u20141234567",
			"＋15551234567", "＋１５５５１２３４５６７", "+１５５５１２３４５６７", "+1555123456７", "+١٥٥٥١٢٣٤٥٦٧", "+۱ ۵۵۵ ۱۲۳ ۴۵۶۷",
			"+1　555　123　4567",
		},
		"+442079460958": {"+44 20 7946 0958", "+44 (20) 7946-0958", "+442079460958"},
		"ada@example.com": {
			"ada@example.com", "ADA@EXAMPLE.COM", "Ada@Example.Com", " ada@example.com", "ada@example.com\r\n",
			"\t\v\fada@example.com ", "ada@ｅｘａｍｐｌｅ.com", "ada@example。com", "ada@example．com", "ada@EXAMPLE｡COM",
			"ada@ⓔxample.com", "\ufeffada@example.com", "ada@example.com\u200b", "\u00a0ada@example.com",
			"ada@example.com\u00a0",
			"ada@example.com\u2003", "\u202aada@example.com\u202c", "\u2066 ada@example.com \u2069", "\u00adada@example.com",
			"　ada@example.com",
		},
		"ada@xn--bcher-kva.example": {
			"ada@bücher.example", "ada@BÜCHER.example", "ADA@Bücher.EXAMPLE", "ada@bu\u0308cher.example",
			"ada@xn--bcher-kva.example", "ada@XN--BCHER-KVA.EXAMPLE", "ada@Xn--Bcher-Kva.example", "ada@ｂücher。example",
		},
		"ada+tag@example.com": {"ada+tag@example.com", "Ada+TAG@example.com"},
	} {
		for _, spelling := range spellings {
			got, err := domain.ParseIdentifier(spelling)
			require.NoError(t, err, "%q", spelling)
			require.Equal(t, canonical, got.Value(), "canonical form of %q", spelling)
			require.True(t, got == parse(t, canonical), "%q and %q are one identifier", spelling, canonical)
		}
	}
}

func TestParseIdentifier_differentAddressesStayApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"ada+tag@example.com", "ada@example.com"},
		{"a.da@example.com", "ada@example.com"},
		{"ada@faß.example", "ada@fass.example"},
		{"ada@\u0131.example", "ada@i.example"},         // dotless i
		{"ada@\u0130.example", "ada@i.example"},         // dotted capital I
		{"ada@\u0430pple.example", "ada@apple.example"}, // Cyrillic а
		{"ada@example.com", "ada@xn--exmple-cua.com"},   // exämple
		{"ada@mail.example.com", "ada@example.com"},
		{"phone_15551234567@example.com", "+15551234567"},
		{"+15551234567", "+155512345670"},
	} {
		require.NotEqual(t, parse(t, pair[0]), parse(t, pair[1]), "%q and %q", pair[0], pair[1])
	}
}

func TestParseIdentifier_accepts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, want string
		kind       domain.Kind
	}{
		{"+1234567890", "+1234567890", domain.KindPhone},
		{"+1234567", "+1234567", domain.KindPhone},                 // the fewest digits
		{"+123456789012345", "+123456789012345", domain.KindPhone}, // the most
		{"+9 (9-9) 99999", "+99999999", domain.KindPhone},
		{"a@b.c", "a@b.c", domain.KindEmail},
		{"1@2.d", "1@2.d", domain.KindEmail},
		{"ada@example.xn--p1ai", "ada@example.xn--p1ai", domain.KindEmail},
		{"ada@example.рф", "ada@example.xn--p1ai", domain.KindEmail},
		{"ada@example.कॉम", "ada@example.xn--11b4c3d", domain.KindEmail},
		{"ada@c0m.example.com", "ada@c0m.example.com", domain.KindEmail},
		{"ada@i❤.ws", "ada@xn--i-7iq.ws", domain.KindEmail},
		{"ada@نامه\u200cای.com", "ada@xn--mgba3gch31f060k.com", domain.KindEmail}, // a joiner that belongs there
		{"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com", domain.KindEmail},
		{"a.b.c@example.com", "a.b.c@example.com", domain.KindEmail},
		{"ada@a-b.example", "ada@a-b.example", domain.KindEmail},
		{"ada@\u017f.example", "ada@s.example", domain.KindEmail},  // IDNA maps it: no other domain has that name
		{"ada@\u212a.example", "ada@k.example", domain.KindEmail},  // so with the Kelvin sign
		{"ada@\ufb01.example", "ada@fi.example", domain.KindEmail}, // and with a ligature
		{"ada@faß.example", "ada@xn--fa-hia.example", domain.KindEmail},
		{"ada@日本語。ＪＰ", "ada@xn--wgv71a119e.jp", domain.KindEmail},
		{local64 + "@example.com", local64 + "@example.com", domain.KindEmail},
		{"ada@" + label63 + ".com", "ada@" + label63 + ".com", domain.KindEmail},
		{local64 + "@" + domain189, local64 + "@" + domain189, domain.KindEmail}, // 254 bytes
	} {
		got, err := domain.ParseIdentifier(tt.text)
		require.NoError(t, err, "%q", tt.text)
		require.Equal(t, tt.want, got.Value(), "canonical form of %q", tt.text)
		require.Equal(t, tt.kind, got.Kind(), "kind of %q", tt.text)
		require.False(t, got.IsZero())
	}
}

func TestParseIdentifier_refuses(t *testing.T) {
	t.Parallel()
	for fault, texts := range map[*domain.Error][]string{
		domain.ErrInvalidIdentifier: {
			"", " ", "\t\r\n\v\f ", "\u00a0", "\ufeff", "\u202a\u202c", "x", "ada", "null", "-", "( )", "ada.example.com",
			"ada＠example.com", "ada\x00", "\xff", "http://example.com", "①②③",
		},
		domain.ErrInvalidPhone: {
			"1234567890", "+0234567890", "+12", "+123456", "+1.555.123.4567", "+1234567890123456", "+", "++15551234567",
			"+1555123456a", "15551234567+", "1+5551234567", "+1（555）1234567", "+1①②③④⑤⑥⑦", "١٥٥٥١٢٣٤٥٦٧", "1", "٣",
			"+٠٥٥٥١٢٣٤٥٦٧", "+1·5551234567",
			"+1 555 123 4567 ext", "+15551234567\x00", "\x00+15551234567",
			"+1555\x001234567", "+1/5551234567", "tel:+15551234567", "ada2", "+ada",
			"+15551234567,+15557654321", "+15551234567 x1", strings.Repeat("+1", 100), "+1" + strings.Repeat("5", 60_000),
		},
		domain.ErrInvalidEmail: {
			"@", "ada@", "@example.com", "ada@example", "ada@@example.com", "ada@example.com@", "a@b@example.com",
			"ada@example.com.", "ada@example.com。", "ada@.example.com", "ada@example..com", "ada@.", "ada@..",
			"ada@127.0.0.1", "ada@[127.0.0.1]", "ada@[IPv6:::1]", "ada@::1.a", "ada@1.2.3.４",
			`"ada"@example.com`, `"ada lovelace"@example.com`, `ad"a@example.com`, `ada\@example.com`,
			"Ada <ada@example.com>", "<ada@example.com>", "ada@example.com (Ada)", "(Ada)ada@example.com",
			"mailto:ada@example.com",
			".ada@example.com", "ada.@example.com", "a..da@example.com", "a da@example.com", "ada @example.com",
			"ada@ example.com",
			"ada@exam ple.com", "a,b@example.com", "ada@example.com,eve@example.com", "ada@example.com;eve@example.com",
			"a:b@example.com", "a;b@example.com", "a[b@example.com", "a\\b@example.com", "ada\x00@example.com",
			"ada@exam\x00ple.com",
			"ada@example.com\x00", "ada\n@example.com", "ada@example.com\nbcc:eve@example.com", "ada\x7f@example.com",
			"ada\u00a0@example.com", "ada@\u00a0example.com", "ada\u200b@example.com", "ada@\ufeffexample.com",
			"a\u00adda@example.com",
			"ada@exam\u00adple.com", "ada@exampl\u200be.com", "ada@example\u2060.com", "ada@exa\ufe0fmple.com",
			"ada@example.c0m", "ada@bad.tld-2", "ada@example.x-y", "ada@2.d3", "ada@example.com©", "ada@example.❤",
			"ada@example.r3---x",
			"ada@example.xn--com-1ea",
			"\u0430da@example.com", "adä@example.com", "a\u0308da@example.com", "ａda@example.com", "ada\xff@example.com",
			"ada@ex\xffample.com",
			// letters that some fold to k, i and s
			"\u212aa@example.com", "\u0131a@example.com", "\u017fa@example.com", "\u0130a@example.com",
			"ada＠example.com@", "ada@exa_mple.com", "ada@-example.com", "ada@example-.com", "ada@ex--ample.com",
			"ada@exa*mple.com",
			"ada@xn--.com", "ada@b.xn--", "ada@xn--example-.com", "ada@xn--a.com", "ada@xn--fa-hia", "ada@exa\u200dmple.com",
			local64 + "l@example.com", "ada@" + label63 + "d.com", "ada@" + strings.Repeat("ü", 60) + "yyyyyy.com",
			local64 + "@" + domain190, "ada@" + strings.Repeat("a.", 30_000) + "com", strings.Repeat("@", 60_000),
		},
	} {
		for _, text := range texts {
			got, err := domain.ParseIdentifier(text)
			require.ErrorIs(t, err, fault, "%.100q", text)
			require.Zero(t, got, "%.100q", text)
		}
	}
}

// Converting this name takes many seconds.
func TestParseIdentifier_refusesEndlessNamesAtOnce(t *testing.T) {
	t.Parallel()
	name := make([]rune, 20_000)
	for i := range name {
		name[i] = rune(0x4e00 + i)
	}
	start := time.Now()
	_, err := domain.ParseIdentifier("ada@" + string(name) + ".com")
	require.ErrorIs(t, err, domain.ErrInvalidEmail)
	require.Less(t, time.Since(start), 2*time.Second)
}

// RFC 5322 allows far more than mailboxes have: quoted parts, comments, folded lines,
// literals and the obsolete forms. None of it is an address here.
func TestParseEmail_refusesRareForms(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`""@example.com`, `"ada"@example.com`, `"a\@b"@example.com`, `"a b"@example.com`, `"a".b@example.com`,
		`a."b"@example.com`, "ada(countess)@example.com", "(countess)ada@example.com", "ada@(host)example.com",
		"ada@example(host).com", "ada@example.com(host)", "ada @ example.com", "ada\r\n @example.com",
		"ada@example\r\n .com", "ada. lovelace@example.com", "ada .lovelace@example.com", "ada@example .com",
		"ada@[192.0.2.1]", "ada@[IPv6:2001:db8::1]", "ada@[tag:text]", "ada@[]", "ada@192.0.2.1", "ada@1",
		"Ada <ada@example.com>", "<@relay.example:ada@example.com>", "group: ada@example.com;", "ada@example.com.",
		"ada@com", "ada@-example.com", "ada@example-.com", "ada@ex--ample.com", "ada@example.co-uk", "ada@example.x123",
		"ada@example.com\x00", "ada\x07@example.com", "ada@exam\x7fple.com", "ada\\@example.com", "ada@example,com",
	} {
		got, err := domain.ParseEmail(text)
		require.ErrorIs(t, err, domain.ErrInvalidEmail, "%q", text)
		require.Zero(t, got, "%q", text)
	}
}

func TestParseIdentifier_longestLabel(t *testing.T) {
	t.Parallel()
	const wide = "\U0001d41a" // four bytes that become the letter a
	got := parse(t, "ada@"+strings.Repeat(wide, 63)+".com")
	require.Equal(t, "ada@"+strings.Repeat("a", 63)+".com", got.Value())
	_, err := domain.ParseIdentifier("ada@" + strings.Repeat(wide, 64) + ".com")
	require.ErrorIs(t, err, domain.ErrInvalidEmail)
}

func TestParseEmail_isNeverAPhone(t *testing.T) {
	t.Parallel()
	_, err := domain.ParseEmail("+15551234567")
	require.ErrorIs(t, err, domain.ErrInvalidEmail)
	_, err = domain.ParseEmail(" ")
	require.ErrorIs(t, err, domain.ErrInvalidIdentifier)
	got, err := domain.ParseEmail(" Ada@example.com ")
	require.NoError(t, err)
	require.Equal(t, parse(t, "ada@example.com"), got)
}

func TestParsePhone_isNeverAnEmail(t *testing.T) {
	t.Parallel()
	_, err := domain.ParsePhone("ada@example.com")
	require.ErrorIs(t, err, domain.ErrInvalidPhone)
	_, err = domain.ParsePhone(" ")
	require.ErrorIs(t, err, domain.ErrInvalidIdentifier)
	got, err := domain.ParsePhone(" +1 555 123 4567 ")
	require.NoError(t, err)
	require.Equal(t, parse(t, "+15551234567"), got)
}

func TestIdentifier_Masked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a@example.com":        "a***@example.com",
		"ab@example.com":       "a***@example.com",
		"abc@example.com":      "ab***@example.com",
		"ada+tag@example.com":  "ad***@example.com",
		"ada@bücher.example":   "ad***@xn--bcher-kva.example",
		"+15551234567":         "***4567",
		"+1234567":             "***4567",
		"lovelace@b.c.example": "lo***@b.c.example",
	} {
		require.Equal(t, want, parse(t, text).Masked(), "%q", text)
	}
	require.Empty(t, domain.Identifier{}.Masked())
}

func TestIdentifier_printsMasked(t *testing.T) {
	t.Parallel()
	id := parse(t, "lovelace@example.com")
	key := domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: id}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{id, &id, key, []domain.Identifier{id}, map[string]domain.Identifier{"to": id}} {
			require.NotContains(t, fmt.Sprintf(verb, value), "lovelace", "%s of %T", verb, value)
			require.NotContains(t, fmt.Sprintf(verb, value), fmt.Sprintf("%x", "lovelace"), "%s of %T", verb, value)
		}
	}
	require.Equal(t, "lo***@example.com", id.String())
	require.Equal(t, "domain.Identifier(lo***@example.com)", fmt.Sprintf("%#v", id))
}

func TestIdentifier_IsDeliverable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ strict, lax bool }{
		"ada@example.com":             {true, true},
		"ada@mail.example":            {true, true},
		"ada@invalid.example.com":     {true, true},
		"+15551234567":                {true, true},
		"me@valid.invalid":            {false, false},
		"me@host.localhost":           {false, false},
		"me@LINK.Local":               {false, false},
		"me@onion.onion":              {false, false},
		"me@1.2.3.4.in-addr.arpa":     {false, false},
		"me@home.arpa":                {false, false},
		"me@wallet.alt":               {false, false},
		"me@test.test":                {false, true},
		"root@localhost.localdomain":  {false, true},
		"me@test.example.com":         {true, true},
		"me@mail.ｌocalhost":           {false, false},
		"test@local.com":              {true, true},
		"phone_15551234567@p.invalid": {false, false},
	} {
		id := parse(t, text)
		require.Equal(t, want.strict, id.IsDeliverable(false), text)
		require.Equal(t, want.lax, id.IsDeliverable(true), text)
	}
	require.True(t, domain.Identifier{}.IsDeliverable(false))
}

func TestIdentifier_placeholder(t *testing.T) {
	t.Parallel()
	const host = "phone.invalid"
	require.Equal(t, "phone_15551234567@phone.invalid", parse(t, "+1 555 123 4567").Placeholder(host))
	for text, want := range map[string]bool{
		"phone_15551234567@phone.invalid":      true,
		"PHONE_15551234567@Phone.Invalid":      true,
		"phone_1234567@phone.invalid":          true, // the fewest digits of a phone
		"phone_123456789012345@phone.invalid":  true, // the most
		"phone_123456@phone.invalid":           false,
		"phone_1234567890123456@phone.invalid": false,
		"phone_1555123456a@phone.invalid":      false,
		"phone_@phone.invalid":                 false,
		"phone15551234567@phone.invalid":       false,
		"phone_15551234567@example.com":        false,
		"phone_15551234567@a.phone.invalid":    false,
		"xphone_15551234567@phone.invalid":     false,
		"phone_+15551234567@phone.invalid":     false,
		"+15551234567":                         false,
	} {
		require.Equal(t, want, parse(t, text).IsPlaceholder(host), "%q", text)
	}
	require.False(t, domain.Identifier{}.IsPlaceholder(""))
}

func parse(t require.TestingT, text string) domain.Identifier {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	id, err := domain.ParseIdentifier(text)
	require.NoError(t, err, "%q", text)
	return id
}
