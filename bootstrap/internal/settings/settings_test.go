package settings_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

type sample struct {
	Mode   string          `yaml:"mode" oneof:"fast,safe" default:"safe" doc:"How."`
	Key    settings.Secret `yaml:"key" min:"8" doc:"The key."`
	Token  string          `yaml:"token" secret:"true"`
	Server struct {
		Port    int           `yaml:"port" default:"80" min:"1" max:"65535"`
		Timeout time.Duration `yaml:"timeout" default:"5m" min:"1s" max:"10m"`
		Life    time.Duration `yaml:"life" default:"1h" min:"1s" max:"48h" twin:"life_hours=1h"`
		Names   []string      `yaml:"names"`
		Debug   bool          `yaml:"debug"`
		Rate    settings.Rate `yaml:"rate" default:"20/min"`
		Issuer  string        `yaml:"issuer" empty:"value" default:"me"`
		Weight  float64       `yaml:"weight" default:"0.5"`
	} `yaml:"server"`
	Door    door `yaml:"door"`
	Skipped any  `yaml:"-"`
}

// door is a type of another package with a secret in it.
type door struct{ settings.Secret }

func (d *door) UnmarshalText(text []byte) error {
	if string(text) == "hunter2" {
		return settings.Cure("give another")
	}
	return d.Secret.UnmarshalText(text)
}

type bundle struct {
	set *settings.Set
	to  *sample
}

func setup(t *testing.T) bundle {
	t.Helper()
	b := bundle{settings.NewSet(), &sample{}}
	require.NoError(t, b.set.Add("", b.to))
	return b
}

// layer is a layer of texts with origins that say its name.
func layer(name string, values map[string]string) settings.Layer {
	return settings.Pairs(values, func(path string) string { return name + " " + path })
}

func TestResolve_defaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.set.Resolve())
	require.Equal(t, "safe", b.to.Mode)
	require.Equal(t, 80, b.to.Server.Port)
	require.Equal(t, 5*time.Minute, b.to.Server.Timeout)
	require.Equal(t, settings.Rate{Count: 20, Per: time.Minute}, b.to.Server.Rate)
	require.Equal(t, "me", b.to.Server.Issuer)
	require.True(t, b.to.Key.IsZero())
}

func TestResolve_strongestLayerWins(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mistakes := b.set.Resolve(
		layer("flag", map[string]string{"mode": "fast", "server.names": "a, b,,c"}),
		layer("file", map[string]string{"mode": "safe", "server.port": "8080", "server.debug": "true", "server.names": "z"}),
	)
	require.Empty(t, mistakes)
	require.Equal(t, "fast", b.to.Mode)
	require.Equal(t, 8080, b.to.Server.Port)
	require.True(t, b.to.Server.Debug)
	require.Equal(t, []string{"a", "b", "c"}, b.to.Server.Names)
	require.Equal(t, "flag mode", b.set.Origin("mode"))
	require.Equal(t, "file server.port", b.set.Origin("server.port"))
	require.Empty(t, b.set.Origin("server.weight"))
}

func TestResolve_values(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		path, text string
		cure       string // "" means that the value is good
	}{
		{"mode", "slow", "give fast or safe"},
		{"mode", " fast ", ""},
		{"key", "12345678", ""},
		{"key", "1234567", "give at least 8 bytes"},
		{"server.port", "0", "give 1 to 65535"},
		{"server.port", "65535", ""},
		{"server.port", "65536", "give 1 to 65535"},
		{"server.port", "80x", "give a number: 1 to 65535"},
		{"server.port", "99999999999999999999", "give a number: 1 to 65535"},
		{"server.timeout", "90s", ""},
		{"server.timeout", "90", ""},
		{"server.timeout", "601", "give 1s to 10m"},
		{"server.timeout", "10m1ns", "give 1s to 10m"},
		{"server.timeout", "-5s", "give 1s to 10m"},
		{"server.timeout", "soon", "give a duration such as 90s or 5m, or whole seconds: 1s to 10m"},
		{"server.timeout", "9999999999999999", "give a duration such as 90s or 5m, or whole seconds: 1s to 10m"},
		{"server.life_hours", "48", ""},
		{"server.life_hours", "49", "give a whole number: 1 to 48"},
		{"server.life_hours", "0", "give a whole number: 1 to 48"},
		{"server.life_hours", "-1", "give a whole number: 1 to 48"},
		{"server.life_hours", "1h", "give a whole number: 1 to 48"},
		{"server.life_hours", "9223372036854775807", "give a whole number: 1 to 48"},
		{"server.debug", "maybe", "give true or false"},
		{"server.rate", "20/min", ""},
		{"server.rate", "0", ""},
		{"server.rate", "5/10s", ""},
		{"server.rate", "20", "give a number and a unit, such as 20/min (s, min, h or d), or 0 to switch it off"},
		{"server.rate", "20/fortnight", "give a number and a unit, such as 20/min (s, min, h or d), or 0 to switch it off"},
		{"server.rate", "-1/min", "give a number and a unit, such as 20/min (s, min, h or d), or 0 to switch it off"},
		{"server.weight", "x", "give a number"},
	} {
		t.Run(row.path+" "+row.text, func(t *testing.T) {
			t.Parallel()
			mistakes := setup(t).set.Resolve(layer("flag", map[string]string{row.path: row.text}))
			if row.cure == "" {
				require.Empty(t, mistakes)
				return
			}
			shown := row.text
			if row.path == "key" {
				shown = ""
			}
			require.Equal(t, settings.Mistakes{{
				Key: row.path, Origin: "flag " + row.path, Value: shown, Problem: "not a good value", Cure: row.cure,
			}}, mistakes)
		})
	}
}

func TestResolve_readsUnits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.set.Resolve(layer("flag", map[string]string{
		"server.timeout": "90", "server.life_hours": "24", "server.rate": "5/10s", "server.weight": "1e-3",
	})))
	require.Equal(t, 90*time.Second, b.to.Server.Timeout)
	require.Equal(t, 24*time.Hour, b.to.Server.Life)
	require.Equal(t, settings.Rate{Count: 5, Per: 10 * time.Second}, b.to.Server.Rate)
	require.InDelta(t, 0.001, b.to.Server.Weight, 0)
}

func TestResolve_twoKeysForOneValue(t *testing.T) {
	t.Parallel()
	t.Run("the stronger layer wins, whichever key it has", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.Empty(t, b.set.Resolve(
			layer("env", map[string]string{"server.life_hours": "2"}), layer("file", map[string]string{"server.life": "90m"}),
		))
		require.Equal(t, 2*time.Hour, b.to.Server.Life)
		require.Equal(t, "env server.life_hours", b.set.Origin("server.life"))

		b = setup(t)
		require.Empty(t, b.set.Resolve(
			layer("env", map[string]string{"server.life": "90m"}), layer("file", map[string]string{"server.life_hours": "2"}),
		))
		require.Equal(t, 90*time.Minute, b.to.Server.Life)
	})
	t.Run("both in one layer are a mistake, even below a stronger one", func(t *testing.T) {
		t.Parallel()
		mistakes := setup(t).set.Resolve(
			layer("env", map[string]string{"server.life": "1h"}),
			layer("file", map[string]string{"server.life": "1h", "server.life_hours": "1"}),
		)
		require.Equal(t, settings.Mistakes{{
			Key: "server.life", Origin: "file server.life",
			Problem: "set together with server.life_hours", Cure: "keep one of the two",
		}}, mistakes)
	})
	t.Run("an empty one is not set", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, setup(t).set.Resolve(layer("file", map[string]string{"server.life": " ", "server.life_hours": "1"})))
	})
}

func TestResolve_emptyIsUnset(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.set.Resolve(
		layer("flag", map[string]string{"mode": "", "server.port": "  "}), layer("file", map[string]string{"mode": "fast"}),
	))
	require.Equal(t, "fast", b.to.Mode)
	require.Equal(t, 80, b.to.Server.Port)
}

func TestResolve_emptyCanBeAValue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.set.Resolve(layer("file", map[string]string{"server.issuer": ""})))
	require.Empty(t, b.to.Server.Issuer)
	require.Equal(t, "file server.issuer", b.set.Origin("server.issuer"))
}

func TestResolve_allMistakesAtOnce(t *testing.T) {
	t.Parallel()
	mistakes := setup(t).set.Resolve(
		layer("flag", map[string]string{"server.prot": "1"}),
		layer("file", map[string]string{"mode": "x", "server": "x", "mode.deep": "x", "nothing.like.it": "x"}),
	)
	require.Equal(t, settings.Mistakes{
		{
			Key: "server.prot", Origin: "flag server.prot", Problem: "unknown key",
			Cure: "take it out, or did you mean server.port?",
		},
		{Key: "mode.deep", Origin: "file mode.deep", Problem: "unknown key", Cure: "give mode one value"},
		{Key: "nothing.like.it", Origin: "file nothing.like.it", Problem: "unknown key", Cure: "take it out"},
		{
			Key: "server", Origin: "file server", Problem: "is a section and has no value of its own",
			Cure: "put its keys below it",
		},
		{Key: "mode", Origin: "file mode", Value: "x", Problem: "not a good value", Cure: "give fast or safe"},
	}, mistakes)
	require.True(t, mistakes.About("mode"))
	require.False(t, mistakes.About("key"))
	require.ErrorContains(t, mistakes.OrNil(),
		"\n  server.prot: unknown key (flag server.prot): take it out, or did you mean server.port?\n")
	require.NoError(t, settings.Mistakes(nil).OrNil())
}

func TestResolve_quotesWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ path, text, want string }{
		{"mode", "slow", `mode: not a good value: "slow" (flag mode): give fast or safe`},
		{"mode", "a\nb", `mode: not a good value: "a\nb" (flag mode): give fast or safe`},
		{"mode", strings.Repeat("x", 31), `mode: not a good value: "` + strings.Repeat("x", 31) +
			`" (flag mode): give fast or safe`},
		{"mode", strings.Repeat("x", 32), "mode: not a good value (flag mode): give fast or safe"},
		{"mode", "//ada:pw@x", "mode: not a good value (flag mode): give fast or safe"},
		{"key", "hunter2", "key: not a good value (flag key): give at least 8 bytes"},
		{"door", "hunter2", "door: not a good value (flag door): give another"},
	} {
		b := setup(t)
		mistakes := b.set.Resolve(layer("flag", map[string]string{row.path: row.text}))
		require.Len(t, mistakes, 1)
		require.Equal(t, row.want, mistakes[0].String())
		require.Contains(t, b.set.Entries(), settings.Entry{Key: row.path, Value: "[refused]", Origin: "flag " + row.path})
	}
}

func TestUnknown_saysWhatWasMeant(t *testing.T) {
	t.Parallel()
	set := setup(t).set
	for name, want := range map[string]string{
		"server.prot": "server.port", "APP_SERVER_PORT": "server.port", "SERVER_PORT": "server.port",
		"Server.Port": "server.port",
		"SERVER.PROT": "server.port", "server_life_hours": "server.life_hours", "APP_MODE": "mode",
	} {
		require.Equal(t, "take it out, or did you mean "+want+"?", set.Unknown(name, "flag").Cure, name)
	}
	require.Equal(t, "take it out", set.Unknown("nothing.like.it", "flag").Cure)
}

func TestWarnings_ofWhiteSpaceAroundASecret(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.set.Resolve(layer("flag", map[string]string{
		"key": "hunter2 hunter2\n", "token": "hunter2",
		"mode": " fast ",
	})))
	require.Equal(t, settings.Mistakes{{
		Key: "key", Origin: "flag key", Problem: "begins or ends with white space, which counts",
		Cure: "take it out unless it is meant",
	}}, b.set.Warnings())
}

func TestVariables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	b := setup(t)
	got, warnings, mistakes := b.set.Variables([]string{
		"APP_MODE=fast",
		"APP_KEY_FILE=" + file("key", "line one\nline two\n\n"),
		"APP_TOKEN_FILE=" + file("token", "token\r\n"),
		"APP_SERVER_PORT=", "APP_SERVER_PORT_FILE=" + file("port", "81"),
		"APP_SERVER_DEBUG=true", "APP_SERVER_DEBUG_FILE=" + file("debug", "true"),
		"APP_SERVER_NAMES_FILE=" + filepath.Join(dir, "missing"),
		"APP_SERVER_PROT=hunter2", "APP_SERVICE_HOST=10.0.0.1", "APP_CONFIG=x", "OTHER=1",
	}, "APP_", "APP_CONFIG")
	require.Equal(t, settings.Layer{
		"mode":         {Texts: []string{"fast"}, Origin: "APP_MODE"},
		"key":          {Texts: []string{"line one\nline two\n"}, Origin: "APP_KEY_FILE"},
		"token":        {Texts: []string{"token"}, Origin: "APP_TOKEN_FILE"},
		"server.port":  {Texts: []string{"81"}, Origin: "APP_SERVER_PORT_FILE"},
		"server.debug": {Texts: []string{"true"}, Origin: "APP_SERVER_DEBUG"},
		"server.names": {Texts: []string{""}, Origin: "APP_SERVER_NAMES_FILE"},
	}, got)
	require.Equal(t, settings.Mistakes{
		{Key: "APP_SERVER_PROT", Problem: "unknown variable, ignored", Cure: "take it out, or did you mean APP_SERVER_PORT?"},
		{Key: "APP_SERVICE_HOST", Problem: "unknown variable, ignored", Cure: "take it out"},
	}, warnings)
	require.Equal(t, settings.Mistakes{
		{
			Key: "server.debug", Origin: "APP_SERVER_DEBUG_FILE", Problem: "set together with APP_SERVER_DEBUG",
			Cure: "keep one of the two",
		},
		{
			Key: "server.names", Origin: "APP_SERVER_NAMES_FILE", Problem: "the file cannot be read",
			Cure: "check its path and that the server may read it",
		},
	}, mistakes)
}

func TestEntries_hideSecrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.set.Resolve(layer("flag", map[string]string{"key": "hunter2hunter2", "token": "hunter2"})))
	require.NoError(t, b.set.Derive("server.issuer", "them", "from mode"))
	require.NoError(t, b.set.Derive("token", "not this", "from mode"))
	require.Equal(t, []settings.Entry{
		{Key: "mode", Value: "safe", Origin: "default"},
		{Key: "key", Value: "[hidden]", Origin: "flag key"},
		{Key: "token", Value: "[hidden]", Origin: "flag token"},
		{Key: "server.port", Value: "80", Origin: "default"},
		{Key: "server.timeout", Value: "5m", Origin: "default"},
		{Key: "server.life", Value: "1h", Origin: "default"},
		{Key: "server.names", Value: "", Origin: "default"},
		{Key: "server.debug", Value: "false", Origin: "default"},
		{Key: "server.rate", Value: "20/min", Origin: "default"},
		{Key: "server.issuer", Value: "them", Origin: "from mode"},
		{Key: "server.weight", Value: "0.5", Origin: "default"},
		{Key: "door", Value: "", Origin: "default"},
	}, b.set.Entries())
	require.Equal(t, "hunter2", b.to.Token)
	require.Equal(t, "hunter2hunter2", b.to.Key.Reveal())
}

func TestSecret_neverPrints(t *testing.T) {
	t.Parallel()
	secret := settings.NewSecret("hunter2")
	inside := struct {
		hiddenField settings.Secret
		Shown       settings.Secret
	}{secret, secret}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.NotContains(t, fmt.Sprintf(verb, secret), "hunter2", verb)
		require.NotContains(t, fmt.Sprintf(verb, inside), "hunter2", verb)
		require.NotContains(t, fmt.Sprintf(verb, &inside), "hunter2", verb)
	}
	text, err := json.Marshal(inside)
	require.NoError(t, err)
	require.JSONEq(t, `{"Shown":"[hidden]"}`, string(text))
	require.Equal(t, "hunter2", secret.Reveal())
	require.Empty(t, settings.Secret{}.Reveal())
	require.Empty(t, settings.Secret{}.String())
	require.True(t, settings.NewSecret("").IsZero())
}

func TestAdd_refusesWhatCannotBeASection(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]any{
		"not a struct":  new(int),
		"not a pointer": sample{},
		"no key":        &struct{ A string }{},
		"an upper-case key": &struct {
			A string `yaml:"A"`
		}{},
		"a map": &struct {
			A map[string]string `yaml:"a"`
		}{},
		"a list of lists": &struct {
			A [][]string `yaml:"a"`
		}{},
		"a bad default": &struct {
			A int `yaml:"a" default:"x"`
		}{},
		"a default out of range": &struct {
			A int `yaml:"a" default:"3" max:"2"`
		}{},
		"a twin of no duration": &struct {
			A int `yaml:"a" twin:"a_hours=1h"`
		}{},
		"one variable twice": &struct {
			A struct {
				B string `yaml:"b"`
			} `yaml:"a"`
			AB string `yaml:"a_b"`
		}{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, settings.NewSet().Add("x", target))
		})
	}
}

func TestAdd_valuesAreDefaults(t *testing.T) {
	t.Parallel()
	set, section := settings.NewSet(), &struct {
		URL  string `yaml:"url"`
		Size uint16 `yaml:"size"`
	}{URL: "http://localhost", Size: 3}
	require.NoError(t, set.Add("acme", section))
	require.Empty(t, set.Resolve(layer("flag", map[string]string{"acme.size": "4"})))
	require.Equal(t, "http://localhost", section.URL)
	require.EqualValues(t, 4, section.Size)
	require.Equal(t, "http://localhost", set.Leaves()[0].Default)
	require.True(t, set.HasSection("acme"))
}
