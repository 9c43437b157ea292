package command

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSourcesExplain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own.yaml"),
		[]byte("sources:\n  acme: {name: ACME Inc, channel: affiliate}\n"), 0o644))
	got := run(t, dir, []string{"DOORCODE_SOURCES_RULES=own.yaml"}, "sources", "explain",
		"https://ada:secret@www.myapp.com/x?utm_source=acme&token=1&utm_campaign=%1b[31mspring\u202e#top")
	require.Zero(t, got.code, got.err)
	require.Equal(t, `display name  ACME Inc - [31mspring Campaign
category      campaign (utm utm_source)
channel       affiliate (source acme)
origin        myapp.com
utm_source    acme
utm_campaign  [31mspring
id            `+hexOf(got.out)+`
kept          https://www.myapp.com/x?utm_source=acme&utm_campaign=%1b[31mspring\u202e
`, got.out)
	got = run(t, dir, nil, "sources", "explain", "https://myapp.com/register")
	require.Contains(t, got.out, "website (path register)\n")
	require.Contains(t, got.out, "direct (no rule says more)\n")

	own := []string{
		"DOORCODE_HTTP_PUBLIC_URL=https://login.myapp.com", "DOORCODE_HTTP_CORS_ORIGINS=https://app.myapp.com:8443",
		"DOORCODE_SOURCES_OWN_HOSTS=.shop.example",
	}
	for _, host := range []string{"login.myapp.com", "app.myapp.com", "www.shop.example", "eu.shop.example"} {
		got = run(t, dir, own, "sources", "explain", "https://"+host+"/pricing")
		require.Regexp(t, `category +website \(own host \S+\)\nchannel +direct `, got.out, host)
	}
	require.Contains(t, run(t, dir, own, "sources", "explain", "https://myapp.com/pricing").out, "referral")
	got = run(t, dir, own, "sources", "explain", "android-app://com.google.android.gm/")
	require.Regexp(t, `channel +email \(host mail.google.com\)`, got.out)

	got = run(t, dir, nil, "sources", "explain", "https://www.google.de/", "--output", "json")
	require.Zero(t, got.code, got.err)
	require.JSONEq(t, `{"id":"`+hexOf(got.out)+
		`","display_name":"google.de","category":"referral","category_by":{"rule":"host","match":"google.*"},
		"channel":"organic_search","channel_by":{"rule":"host","match":"google.*"},"origin":"google.de","utm_source":"","utm_medium":"","utm_campaign":"",
		"utm_term":"","utm_content":"","url":"https://www.google.de/"}`, got.out)
}

func TestSourcesExplain_whatItRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		code int
		args []string
		err  string
	}{
		{
			1,
			[]string{"javascript:alert(1)"},
			"doorcode: the URL is no source: give an absolute http or https URL of at most 2048 bytes\n",
		},
		{1, []string{"not-a-url"}, "the URL is no source"},
		{2, nil, "sources explain wants one URL"},
		{2, []string{"https://a.example", "b"}, "sources explain wants one URL"},
		{
			2,
			[]string{"https://a.example", "--set", "sources.rules=/nowhere.yaml"},
			`sources.rules: cannot be read (no such file or directory): "/nowhere.yaml" (--set)`,
		},
	} {
		got := run(t, t.TempDir(), nil, append([]string{"sources", "explain"}, row.args...)...)
		require.Equal(t, row.code, got.code, "%q", row.args)
		require.Contains(t, got.err, row.err)
		require.Empty(t, got.out)
	}
	got := run(t, t.TempDir(), nil, "config", "check", "--set", "sources.rules=/nowhere.yaml")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.err, "sources.rules: cannot be read")
}

// hexOf is the id in an answer.
func hexOf(text string) string { return sourceID.FindString(text) }

var sourceID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
