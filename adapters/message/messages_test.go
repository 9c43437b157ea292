package message

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestMessages_contract(t *testing.T) {
	t.Parallel()
	contract.Messages(t, func(t testing.TB, s contract.MessageSetup) port.Messages {
		m, err := New(Config{Product: s.Product, CodeInSubject: s.CodeInSubject, From: s.From.Address, FromName: s.From.Name})
		require.NoError(t, err)
		return m
	})
}

func compose(t require.TestingT, cfg Config, to, code string, left time.Duration) port.MessageText {
	m, err := New(cfg)
	require.NoError(t, err)
	recipient, err := domain.ParseIdentifier(to)
	require.NoError(t, err)
	channel := domain.ChannelEmail
	if recipient.Kind() == domain.KindPhone {
		channel = domain.ChannelSMS
	}
	text, err := m.ComposeCode(port.CodeMessage{
		Channel: channel, To: recipient, Code: domain.NewCode(code), Purpose: domain.PurposeSignIn, ExpiresIn: left,
	})
	require.NoError(t, err)
	return text
}

func TestMessages_words(t *testing.T) {
	t.Parallel()
	require.Equal(
		t, "Your doorcode verification code", compose(t, Config{}, "ada@example.com", "012345", time.Minute).Subject,
	)
	require.Equal(t, "012345 is your Acme verification code",
		compose(t, Config{Product: "Acme", CodeInSubject: true}, "ada@example.com", "012345", time.Minute).Subject)
	for left, want := range map[time.Duration]string{
		10 * time.Minute:                "10 minutes",
		5*time.Minute - time.Nanosecond: "5 minutes",
		4*time.Minute + 30*time.Second:  "5 minutes",
		4*time.Minute + 29*time.Second:  "4 minutes",
		2*time.Minute - time.Nanosecond: "2 minutes",
		89 * time.Second:                "1 minute",
		time.Minute:                     "1 minute",
		time.Minute - time.Nanosecond:   "less than a minute",
		30 * time.Second:                "less than a minute",
		0:                               "less than a minute",
		-time.Second:                    "less than a minute",
	} {
		text := compose(t, Config{}, "+15550100000", "012345", left)
		require.Equal(t, "012345 is your doorcode code. It expires in "+want+".", text.Body, "%s", left)
	}
}

func TestMessages_from(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[port.Mailbox]Config{
		{Name: "doorcode", Address: "doorcode@localhost"}: {},
		{Name: "Acme", Address: "doorcode@localhost"}:     {Product: "Acme"},
		{
			Name: "Acme Login", Address: "login@acme.example",
		}: {
			Product: "Acme", From: "login@acme.example",
			FromName: " Acme Login ",
		},
		{Name: "Müller, \"Söhne\"", Address: "a+b@example.com"}: {From: "a+b@example.com", FromName: "Müller, \"Söhne\""},
	} {
		require.Equal(t, want, compose(t, cfg, "ada@example.com", "012345", time.Minute).From)
		require.Zero(t, compose(t, cfg, "+15550100000", "012345", time.Minute).From, "a short message is from a number")
	}
}

func TestNew_refusesSender(t *testing.T) {
	t.Parallel()
	for _, from := range []string{
		"Ada <a@b.c>", "<a@b.c>", "a@b.c, d@e.f", "a", "a@b.c\r\nBcc: eve@example.com", "a@b.c ", "ä@b.c", "a@exämple.com",
		"a@b.c\x00", "\"a b\"@c.d",
	} {
		_, err := New(Config{From: from})
		require.ErrorContains(t, err, "email.from is", "%q", from)
	}
	for _, name := range []string{
		"Acme\r\nBcc: eve@example.com", "A\x00", "\u202eAcme", strings.Repeat("a", maxProductRunes+1), "\xff",
	} {
		_, err := New(Config{FromName: name})
		require.ErrorContains(t, err, "email.from_name is", "%q", name)
	}
}

func TestMessages_boundToHost(t *testing.T) {
	t.Parallel()
	for host, bound := range map[string]bool{
		"":                           false,
		"localhost":                  false,
		"example.com":                true,
		"a23456789.b23456789.exam.p": false, // 26 letters
		"a23456789.b23456789.exa.pl": false,
		"a23456789.b23456789.ex.pl":  true, // 25
		"192.0.2.1":                  false,
		"2001:db8::1.2.3.4":          false,
		"exämple.com":                true,
		"例え.jp":                      false,
	} {
		body := compose(t, Config{Product: "Acme", Host: host}, "+15550100000", "012345", 5*time.Minute).Body
		want := "012345 is your Acme code. It expires in 5 minutes."
		if bound {
			want += "\n@" + host + " #012345"
		}
		require.Equal(t, want, body, "host %q", host)
	}
	long := strings.Repeat("{", maxProductRunes) // two septets each
	body := compose(
		t, Config{Product: long, Host: "a23456789.b23456789.ex.pl"}, "+15550100000", "0123456789", 5*time.Minute,
	).Body
	require.NotContains(t, body, "@", "what would make a second message is left out")
}

func TestMessages_phoneSpellsProduct(t *testing.T) {
	t.Parallel()
	for product, want := range map[string]string{
		"Acme":             "Acme",
		"Zürich Café":      "Zürich Café",
		"Zu\u0308rich":     "Zürich",
		"Łódź Kraków":      "Lodz Krakow",
		"O’Neill – “Bank”": `O'Neill - "Bank"`,
		"日本 Bank":          "Bank",
		"Ｆｕｌｌ":             "Full",
		"[Acme]":           "[Acme]",
	} {
		body := compose(t, Config{Product: product}, "+15550100000", "012345", 5*time.Minute).Body
		require.Equal(t, "012345 is your "+want+" code. It expires in 5 minutes.", body, product)
	}
	body := compose(t, Config{Product: "日本"}, "+15550100000", "012345", 5*time.Minute).Body
	require.Equal(t, "012345 is your code. It expires in 5 minutes.", body, "a name that GSM-7 cannot spell")
}

// One short message is one segment, whatever the product is called.
func TestMessages_phoneIsOneSegment(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Product: rapid.StringOfN(rapid.Rune().Filter(unicode.IsPrint), 0, maxProductRunes, -1).Draw(t, "product"),
			Host:    rapid.StringMatching(`[a-z0-9-]{1,30}\.[a-z]{2,10}`).Draw(t, "host"),
		}
		_, err := New(cfg)
		require.NoError(t, err, "%q", cfg.Product)
		code := rapid.StringMatching(`[0-9]{6,10}`).Draw(t, "code")
		left := time.Duration(rapid.Int64Range(0, int64(domain.MaxOTPLifetime)).Draw(t, "left"))
		body := compose(t, cfg, "+15550100000", code, left).Body
		if size := domain.MeasureSMS(body); size.Alphabet != domain.GSM7 || size.Units > size.Most {
			t.Fatalf("%q takes %d of %d, %s", body, size.Units, size.Most, size.Alphabet)
		}
	})
}

func TestNew_refusesProduct(t *testing.T) {
	t.Parallel()
	for _, product := range []string{
		"Acme\r\nBcc: eve@example.com", "A\x00", "\u202eAcme", strings.Repeat("a", maxProductRunes+1), "\xff", "a\u2028b",
	} {
		_, err := New(Config{Product: product})
		require.ErrorContains(t, err, "product.name", "%q", product)
	}
	_, err := New(Config{Product: strings.Repeat("ä", maxProductRunes)})
	require.NoError(t, err)
}

func TestComposeCode_refuses(t *testing.T) {
	t.Parallel()
	m, err := New(Config{})
	require.NoError(t, err)
	to, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	good := port.CodeMessage{To: to, Code: domain.NewCode("483920"), Purpose: domain.PurposeSignIn}
	for name, spoil := range map[string]func(*port.CodeMessage){
		"no recipient": func(c *port.CodeMessage) { c.To = domain.Identifier{} },
		"no code":      func(c *port.CodeMessage) { c.Code = domain.Code{} },
		"no purpose":   func(c *port.CodeMessage) { c.Purpose = "" },
	} {
		bad := good
		spoil(&bad)
		text, err := m.ComposeCode(bad)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "483920", name)
		require.Empty(t, text, name)
	}
}

func TestMessages_concurrently(t *testing.T) {
	t.Parallel()
	m, err := New(Config{})
	require.NoError(t, err)
	to, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	for _, code := range []string{"111111", "222222", "333333", "444444"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			for range 100 {
				text, err := m.ComposeCode(port.CodeMessage{To: to, Code: domain.NewCode(code), Purpose: domain.PurposeSignIn})
				require.NoError(t, err)
				require.Equal(t, 1, strings.Count(text.Body, code))
			}
		})
	}
}

func BenchmarkComposeCode(b *testing.B) {
	m, err := New(Config{Host: "id.example.com"})
	require.NoError(b, err)
	to, err := domain.ParsePhone("+15550100000")
	require.NoError(b, err)
	msg := port.CodeMessage{
		To:        to,
		Code:      domain.NewCode("012345"),
		Purpose:   domain.PurposeSignIn,
		ExpiresIn: 5 * time.Minute,
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.ComposeCode(msg); err != nil {
			b.Fatal(err)
		}
	}
}
