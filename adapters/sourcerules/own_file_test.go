package sourcerules_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/sourcerules"
)

// own writes an operator's file.
func own(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sources.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestRead_ownFile(t *testing.T) {
	t.Parallel()
	requireRows(t, read(t, own(t, `
click_ids:
  acme_click: {source: acme, channel: affiliate}
  fbclid: {channel: paid_social}
  igshid: null
sources:
  Acme-Forum: {name: Acme Forum, channel: organic_social, hosts: [.forum.acme.example]}
  acme: {name: ACME, channel: referral, aliases: [Acme Inc], hosts: [.acme.example]}
  google: {name: Google!}
  twitter: null
  x: {aliases: [twitter], hosts: [.twitter.com]}
  github: {channel: organic_social}
  lycos: null
mediums:
  email: [letter]
  ignore: [cpc]
  referral: [social]
dashboard_labels: [dashboard, console]
website_paths: []
`)), []row{
		{"https://a.forum.acme.example/", "referral", "organic_social", "a.forum.acme.example"},
		{"https://acme.example/", "referral", "referral", "acme.example"},
		{"https://my.example/?utm_source=acme_forum", "campaign", "organic_social", "Acme Forum"},
		{"https://my.example/?utm_source=acme+inc", "campaign", "referral", "ACME"},
		{"https://my.example/?acme_click=1", "campaign", "affiliate", "ACME"},
		{"https://my.example/?fbclid=1", "campaign", "paid_social", "Facebook"},
		{"https://my.example/?igshid=1", "referral", "referral", "my.example"},
		{"https://my.example/?utm_source=google", "campaign", "organic_search", "Google!"},
		{"https://www.google.fr/", "referral", "organic_search", "google.fr"},
		{"https://my.example/?utm_source=twitter", "campaign", "organic_social", "X"},
		{"https://mobile.twitter.com/", "referral", "organic_social", "mobile.twitter.com"},
		{"https://github.com/", "referral", "organic_social", "github.com"},
		{"https://my.example/?utm_medium=letter", "campaign", "email", "Letter"},
		{"https://my.example/?utm_medium=email", "campaign", "email", "Email"},
		{"https://my.example/?utm_source=google&utm_medium=cpc", "campaign", "organic_search", "Google!"},
		{"https://my.example/?utm_source=nobody&utm_medium=social", "campaign", "referral", "Nobody"},
		{"https://console.my.example/", "dashboard", "direct", "Dashboard"},
		{"https://my.example/register", "referral", "referral", "my.example"},
		{"https://my.example/?utm_source=lycos", "campaign", "referral", "Lycos"},
		{"https://search.lycos.com/", "referral", "referral", "search.lycos.com"},
	})
}

func TestRead_ownAppsAndPatterns(t *testing.T) {
	t.Parallel()
	rules := read(t, own(t, `
apps: {com.acme.app: acme.example, com.google.android.gm: null}
mediums:
  ignore: [cpx, "*cp*", "*video*"]
  email: ["letter*", "*letter"]
`))
	requireRows(t, rules, []row{
		{"android-app://com.acme.app/", "referral", "referral", "acme.example"},
		{"https://my.example/?utm_source=google&utm_medium=cpx", "campaign", "organic_search", "Google"},
		{"https://my.example/?utm_source=google&utm_medium=a-cpc", "campaign", "organic_search", "Google"},
		{"https://my.example/?utm_source=google&utm_medium=cpc", "campaign", "paid_search", "Google"},
		{"https://my.example/?utm_source=google&utm_medium=videos", "campaign", "organic_search", "Google"},
		{"https://my.example/?utm_source=google&utm_medium=letter_7", "campaign", "email", "Google"},
		{"https://my.example/?utm_source=google&utm_medium=our-letter", "campaign", "email", "Google"},
		{"https://my.example/?utm_source=google&utm_medium=our-letters", "campaign", "organic_search", "Google"},
	})
	_, err := rules.Parse("android-app://com.google.android.gm/")
	require.Error(t, err)
}

func TestRead_ownFileThatSaysNothing(t *testing.T) {
	t.Parallel()
	want := read(t, "")
	for _, text := range []string{"", "# nothing\n", "---\n", "sources:\nmediums:\n", "\ufeff"} {
		require.Equal(t, want, read(t, own(t, text)), "%q", text)
	}
}

// wrong are invalid files and their mistakes.
var wrong = map[string][]string{
	"source: {}": {
		`:1: source: no such key: there are sources, apps, mediums, click_ids, dashboard_labels and website_paths`,
	},
	"a: [": {
		`:1: not YAML: write key: value lines, with spaces before those of a section`,
	},
	"- a":                                   {`:1: not a section: write key: value lines below it`},
	"just text":                             {`:1: not a section: write key: value lines below it`},
	"sources: [a]":                          {`:1: sources: not a section: write key: value lines below it`},
	"sources:\n  acme: {name: Acme}":        {`:2: sources.acme: without a channel: add channel: such as referral`},
	"sources:\n  acme: {channel: referral}": {`:2: sources.acme: without a name: add name: what people read`},
	"sources:\n  acme: {name: A, channel: social}": {
		`:2: sources.acme.channel: not a channel: give one of organic_search, ` +
			`paid_search, organic_social, paid_social, video, email, affiliate, referral, ai`,
	},
	"sources:\n  acme: {name: A, channel: direct}": {
		`:2: sources.acme.channel: not a channel: give one of`,
	},
	"sources:\n  acme: {name: A, channel: ai, host: a.b}": {
		`:2: sources.acme.host: no such key: there are name, channel, aliases and hosts`,
	},
	"sources:\n  acme: {name: A, channel: ai, hosts: a.b}": {
		`:2: sources.acme.hosts: not a list: write a list such as [one, two]`,
	},
	"sources:\n  acme: {name: A, channel: ai, hosts: [HTTPS://a.b]}": {
		`:2: sources.acme.hosts: not a host: write hosts in lower-case ASCII`,
	},
	"sources:\n  acme: {name: A, channel: ai, hosts: [www.a.b, b]}": {
		`:2: sources.acme.hosts: not a host`, `:2: sources.acme.hosts: not a host`,
	},
	"sources:\n  acme: {name: [A], channel: ai}": {
		`:2: sources.acme.name: not a text: write one line of at most 100 characters`,
	},
	"sources:\n  acme: {name: \"a\\nb\", channel: ai}":     {`:2: sources.acme.name: not a text`},
	"sources:\n  acme: {name: \"a\\u202eb\", channel: ai}": {`:2: sources.acme.name: not a text`},
	"sources:\n  acme: null": {
		`:2: sources.acme: nothing to take out: give the source a name and a channel, or leave it out`,
	},
	"sources:\n  bing: {name: A}\n  bing: {name: B}": {
		`:3: sources.bing: is there twice: keep one of the two`,
	},
	"sources:\n  paid-x: {name: A, channel: ai}\n  paid_x: {name: B}": {
		`:3: sources.paid_x: has what sources.paid-x has: keep one of the two`,
	},
	"sources:\n  bing: {hosts: [a.b]}\n  google: {hosts: [a.b]}": {
		`:3: sources.google.hosts: has what sources.bing has: keep one of the two`,
	},
	"sources:\n  bing: {aliases: [a-b]}\n  google: {aliases: [A B]}": {
		`:3: sources.google.aliases: has what sources.bing has`,
	},
	"sources:\n  bing: {aliases: [google]}\n  google: {name: G}": {
		`:3: sources.google: has what sources.bing has: keep one of the two`,
	},
	"sources:\n  bing: {name: &a A}\n  google: {name: *a}": {
		`:2: sources.bing.name: not a text`, `:3: sources.google.name: not a text`,
	},
	"mediums: {paid: cpc}": {`:1: mediums.paid: not a list`},
	"mediums: {social: [a]}": {
		`:1: mediums.social: no such key: there are paid, organic, ignore, organic_search`,
	},
	"mediums: {paid: [a], email: [A]}": {
		`:1: mediums.email: has what mediums.paid has: keep one of the two`,
	},
	"click_ids: {utm_x: {source: google, channel: ai}}": {`:1: click_ids.utm_x: cannot be a click id`},
	"click_ids: {ref: {source: google, channel: ai}}":   {`:1: click_ids.ref: cannot be a click id`},
	"click_ids: {X: {source: google, channel: ai}}":     {`:1: click_ids.X: cannot be a click id`},
	"click_ids: {x: {source: gogle, channel: ai}}": {
		`:1: click_ids.x.source: not a source: give a key of sources, such as google`,
	},
	"click_ids: {x: {source: google}}": {
		`:1: click_ids.x: without a source or a channel`,
	},
	"click_ids: {x: {source: google, channel: paid}}": {`:1: click_ids.x.channel: not a channel`},
	"click_ids: {x: {source: google, medium: paid}}": {
		`:1: click_ids.x.medium: no such key: there are source and channel`,
	},
	"apps: [a]":                                     {`:1: apps: not a section`},
	"apps: {com.Acme: acme.example}":                {`:1: apps.com.Acme: not a package: write an Android package`},
	"apps: {com.acme: .acme.example}":               {`:1: apps.com.acme: not a host: write one host`},
	"apps: {com.acme: acme.*}":                      {`:1: apps.com.acme: not a host`},
	"apps: {com.acme: [acme.example]}":              {`:1: apps.com.acme: not a text`},
	"mediums: {paid: [\"a*b\"]}":                    {`:1: mediums.paid: not a medium: write * only`},
	"mediums: {paid: [\"*\"]}":                      {`:1: mediums.paid: not a medium`},
	"mediums: {paid: [\"a-b*\"], email: [\"ab*\"]}": {`:1: mediums.email: has what mediums.paid has`},
	"dashboard_labels: [my.dashboard]": {
		`:1: dashboard_labels: not good values: give a first label of a host, such as dashboard, in lower case`,
	},
	"website_paths: [/register]": {
		`:1: website_paths: not good values: give one segment of a path`,
	},
	"website_paths: [Register]":           {`:1: website_paths: not good values`},
	"website_paths: register":             {`:1: website_paths: not a list`},
	"website_paths: []\n---\nmediums: {}": {`a second document: put everything into one`},
	"mediums: {\"a\\nb\": [c]}":           {`:1: mediums: a key that is no name`},
	"sources:\n  " + strings.Repeat("x", 101) + ": {name: A}": {
		`:2: sources: a key that is no name: write a short name of one line`,
	},
	"sources:\n  acme: {name: " + strings.Repeat("x", 101) + "}": {`:2: sources.acme.name: not a text`},
	"source: {}\nmedium: {}\nwebsite_paths: [a/b]\nclick_id: {gclid: 1}": {
		`:1: source`, `:2: medium`, `:3: website_paths`, `:4: click_id`,
	},
}

func TestRead_mistakes(t *testing.T) {
	t.Parallel()
	for text, want := range wrong {
		path := own(t, text)
		_, err := sourcerules.Read(path)
		var mistakes sourcerules.Mistakes
		require.ErrorAs(t, err, &mistakes, "%q", text)
		require.Len(t, mistakes, len(want), "%q: %v", text, err)
		for i, line := range want {
			require.Contains(t, mistakes[i].String(), line, "%q", text)
			require.True(t, strings.HasPrefix(mistakes[i].File, path), mistakes[i].File)
			require.NotEmpty(t, mistakes[i].Problem)
			require.NotEmpty(t, mistakes[i].Cure)
		}
	}
}

func TestRead_fileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "nowhere.yaml")
	for path, problem := range map[string]string{
		nowhere:                                 "cannot be read (no such file or directory)",
		t.TempDir():                             "cannot be read (is a directory)",
		own(t, "# "+strings.Repeat("x", 1<<20)): "cannot be read (longer than 1 MiB)",
		own(t, "# "+strings.Repeat("x", 1<<20-3)+"\n"): "",
	} {
		_, err := sourcerules.Read(path)
		if problem == "" {
			require.NoError(t, err)
			continue
		}
		var mistakes sourcerules.Mistakes
		require.True(t, errors.As(err, &mistakes))
		require.Equal(
			t,
			sourcerules.Mistakes{{File: path, Problem: problem, Cure: "check the path and that the server may read it"}},
			mistakes,
		)
	}
}

// The example of the documentation is valid, and has the documented results.
func TestRead_exampleOfTheDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sources.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	require.NotNil(t, example)
	rules := read(t, own(t, string(example[1])))
	documented := regexp.MustCompile(
		"(?m)^\\| `(https://[^`]+)` \\| (\\w+) \\| (\\w+) \\| (.+) \\|$",
	).FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(documented), 10)
	rows := make([]row, len(documented))
	for i, cells := range documented {
		rows[i] = row{cells[1], cells[2], cells[3], cells[4]}
	}
	requireRows(t, rules, rows)
}
