package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestUser_Identifier(t *testing.T) {
	t.Parallel()
	ada := domain.User{Email: "ada@example.com", Phone: "+15551234567"}
	require.Equal(t, parse(t, "ada@example.com"), ada.Identifier(), "e-mail first")
	require.Equal(t, parse(t, "+15551234567"), domain.User{Phone: "+15551234567"}.Identifier())
	require.True(t, domain.User{}.Identifier().IsZero())
	require.Empty(t, domain.User{}.Identifier().Masked())
}

func TestUser_IdentifierForOTP(t *testing.T) {
	t.Parallel()
	both := domain.User{Email: "ada@example.com", Phone: "+15551234567"}
	for _, channel := range domain.KnownChannels {
		want := parse(t, both.Email)
		if channel.Kind == domain.KindPhone {
			want = parse(t, both.Phone)
		}
		require.Equal(t, want, both.IdentifierForOTP(channel), channel.Name)
		require.True(t, domain.User{}.IdentifierForOTP(channel).IsZero(), channel.Name)
	}
	require.Equal(t, domain.KindPhone, both.IdentifierForOTP(domain.Channel{
		Name: "carrier",
		Kind: domain.KindPhone,
	}).Kind(), "a channel that a team has added")
	require.True(t, domain.User{Email: both.Email}.IdentifierForOTP(domain.Channel{
		Name: domain.ChannelSMS,
		Kind: domain.KindPhone,
	}).IsZero())
	require.True(t, domain.User{Phone: both.Phone}.IdentifierForOTP(domain.Channel{
		Name: domain.ChannelEmail,
		Kind: domain.KindEmail,
	}).IsZero())
	require.True(t, both.IdentifierForOTP(domain.Channel{Name: "owl"}).IsZero())
}

func TestUser_ShortName(t *testing.T) {
	t.Parallel()
	ada := domain.User{Username: "ada-k3x9", Profile: domain.Profile{FirstName: "Ada", LastName: "Lovelace"}}
	require.Equal(t, "Ada", ada.ShortName())
	ada.FirstName = ""
	require.Equal(t, "ada-k3x9", ada.ShortName())
}

func TestUser_DisplayEmail(t *testing.T) {
	t.Parallel()
	const host = "phone.invalid"
	require.Equal(t, "ada@example.com", domain.User{Email: "ada@example.com", Phone: "+15551234567"}.DisplayEmail(host))
	require.Equal(t, "phone_15551234567@phone.invalid", domain.User{Phone: "+15551234567"}.DisplayEmail(host))
	require.Empty(t, domain.User{}.DisplayEmail(host))
	shown := parse(t, domain.User{Phone: "+15551234567"}.DisplayEmail(host))
	require.True(t, shown.IsPlaceholder(host), "a placeholder is recognized")
}

func TestUsername(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ada@example.com":                 "ada-k3x9",
		"Ada.Lovelace@example.com":        "ada.lovelace-k3x9",
		"ada+news@example.com":            "ada-k3x9",
		"a!d#a@example.com":               "ada-k3x9",
		"_ada_-@example.com":              "ada-k3x9",
		"!@example.com":                   "user-k3x9",
		"+tag@example.com":                "user-k3x9",
		"--__--@example.com":              "user-k3x9",
		"15551234567@example.com":         "15551234567-k3x9",
		local64 + "@example.com":          strings.Repeat("l", 24) + "-k3x9",
		"abcdefghijklmnopqrstuvw.xyz@d.e": "abcdefghijklmnopqrstuvw-k3x9", // cut behind its dot
		"+15551234567":                    "user-k3x9",
	} {
		require.Equal(t, want, domain.Username(parse(t, text), "k3x9"), "%q", text)
	}
}

func TestUsername_isAlwaysAName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := parse(t, rapid.OneOf(spelledEmail(), spelledPhone()).Draw(t, "identifier"))
		name := domain.Username(id, "k3x9qz")
		require.Regexp(t, `^[a-z0-9]([a-z0-9._-]{0,22}[a-z0-9])?-k3x9qz$`, name)
		if id.Kind() == domain.KindPhone {
			require.Equal(t, "user-k3x9qz", name, "no part of a number is in the name")
		}
	})
}
