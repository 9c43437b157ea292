package config

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
	"github.com/doorcode-auth/doorcode/domain"
)

// Mistake is one thing that is wrong with a configuration, with its cure.
type Mistake = settings.Mistake

// Mistakes are all that is wrong with a configuration: the error of Configure,
// NewPorts and NewApp that an operator can put right.
type Mistakes = settings.Mistakes

// Sources are where a configuration comes from. The stronger first: Flags,
// DOORCODE_X and DOORCODE_X_FILE, then DATABASE_URL and PORT, then the file, the
// preset of the environment, the defaults.
type Sources struct {
	// Flags are values by key, "otp.length".
	Flags map[string]string
	// FlagNames are what mistakes call those flags, by key. Defaults to "flag".
	FlagNames map[string]string
	// Environ are variables as os.Environ gives them.
	Environ []string
	// File is the path of a YAML file. Defaults to DOORCODE_CONFIG of Environ, else
	// there is none.
	File string
}

// Names in the environment.
const (
	VariablePrefix = "DOORCODE_"
	configVariable = "DOORCODE_CONFIG"
	// testsVariable tells the tests of this tree their PostgreSQL. The product does not
	// read it, and does not warn about it either.
	testsVariable = "DOORCODE_TEST_POSTGRES"
)

// Read makes a configuration with a section for each provider. With mistakes the
// configuration is returned too: opening its channels may find more of them.
func Read(src Sources, providers []port.Provider) (*Config, Mistakes, error) {
	cfg := &Config{
		providers: providers, sections: map[string]any{}, keys: settings.NewSet(), Version: BuildVersion(),
	}
	cfg.channels = map[domain.ChannelName]*[]string{
		domain.ChannelEmail: &cfg.Email.Providers, domain.ChannelSMS: &cfg.SMS.Providers,
		domain.ChannelWhatsApp: &cfg.WhatsApp.Providers, domain.ChannelVoice: &cfg.Voice.Providers,
	}
	if err := cfg.addSections(); err != nil {
		return nil, nil, err
	}
	var file settings.Layer
	var mistakes Mistakes
	if path := cmp.Or(src.File, src.variable(configVariable)); path != "" {
		file, mistakes = settings.YAML(path)
	}
	if err := cfg.addChannels(src, file); err != nil {
		return nil, nil, err
	}
	variables, warnings, more := cfg.keys.Variables(src.Environ, VariablePrefix, configVariable, testsVariable,
		ImportVariable, ImportFileVariable)
	mistakes = append(mistakes, more...)
	layers := []settings.Layer{
		settings.Pairs(src.Flags, func(key string) string { return cmp.Or(src.FlagNames[key], "flag") }), variables,
		src.conventional(file), file,
	}
	preset := environmentOf(layers)
	layers = append(layers, settings.Pairs(presets(preset), func(string) string { return "preset of " + string(preset) }))
	mistakes = append(mistakes, cfg.keys.Resolve(layers...)...)
	if err := cfg.derive(); err != nil {
		return nil, nil, err
	}
	mistakes = append(mistakes, cfg.check(mistakes)...)
	cfg.Warnings = slices.Concat(warnings, cfg.keys.Warnings(), cfg.suspicions(mistakes))
	return cfg, mistakes, nil
}

// addSections adds the central keys and a section a provider.
func (c *Config) addSections() error {
	if err := c.keys.Add("", c); err != nil {
		return err
	}
	for _, p := range c.providers {
		switch {
		case c.sections[p.Name] != nil:
			return fmt.Errorf("two providers have the name %s", p.Name)
		case c.keys.HasSection(p.Name) || c.keys.Has(p.Name):
			return fmt.Errorf("provider %s: the name is a key of the configuration: choose another", p.Name)
		case p.Name == "" || p.Config == nil || p.Open == nil:
			return fmt.Errorf("provider %q: it needs a name, Config and Open: make it with port.NewProvider", p.Name)
		}
		section := p.Config()
		if err := c.keys.Add(p.Name, section); err != nil {
			return fmt.Errorf("provider %s: %w", p.Name, err)
		}
		c.sections[p.Name] = section
	}
	return nil
}

var providersVariable = regexp.MustCompile(`^` + VariablePrefix + `([A-Z][A-Z0-9_]*)_PROVIDERS(_FILE)?=.`)

// addChannels adds <channel>.providers for every channel that a source speaks of
// and that is none of the product's. Whether a provider serves it is known only
// when the providers are open.
func (c *Config) addChannels(src Sources, file settings.Layer) error {
	named := slices.Concat(slices.Sorted(maps.Keys(src.Flags)), slices.Sorted(maps.Keys(file)))
	for _, pair := range src.Environ {
		if m := providersVariable.FindStringSubmatch(pair); m != nil {
			named = append(named, strings.ToLower(m[1])+ProvidersKey)
		}
	}
	for _, path := range named {
		name, ok := strings.CutSuffix(path, ProvidersKey)
		channel := domain.ChannelName(name)
		if !ok || !channel.Valid() || c.keys.Has(path) || c.keys.HasSection(name) && c.sections[name] == nil {
			continue
		}
		section := &ChannelConfig{}
		if err := c.keys.Add(name, section); err != nil {
			return err
		}
		c.channels[channel] = &section.Providers
	}
	return nil
}

// ProvidersKey is the end of the keys that name the providers of a channel.
const ProvidersKey = ".providers"

// The variables that name the database to import from, instead of a flag: a URL with a
// password does not belong on a command line.
const (
	ImportVariable     = "DOORCODE_IMPORT_FROM"
	ImportFileVariable = ImportVariable + "_FILE"
)

// variable is the value of a variable, "" if it is not set.
func (s Sources) variable(name string) string {
	for _, pair := range s.Environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// conventional is what platforms set for every service alike. PORT is a port and
// nothing else: where the file has chosen a host, such as loopback, it stays.
func (s Sources) conventional(file settings.Layer) settings.Layer {
	layer := settings.Layer{"database.url": {Texts: []string{s.variable("DATABASE_URL")}, Origin: "DATABASE_URL"}}
	number := strings.TrimSpace(s.variable("PORT"))
	if number == "" {
		return layer
	}
	host, origin := "", "PORT"
	if raw := file["http.addr"]; len(raw.Texts) == 1 {
		if h, _, err := net.SplitHostPort(strings.TrimSpace(raw.Texts[0])); err == nil && h != "" {
			host, origin = h, "PORT and "+raw.Origin
		}
	}
	layer["http.addr"] = settings.Raw{Texts: []string{net.JoinHostPort(host, number)}, Origin: origin}
	return layer
}

// environmentOf looks for the environment before anything else is read, for the
// preset is a layer. One that is no environment is a mistake that Resolve tells.
func environmentOf(layers []settings.Layer) Environment {
	for _, layer := range layers {
		if raw, ok := layer["environment"]; ok && len(raw.Texts) == 1 && strings.TrimSpace(raw.Texts[0]) != "" {
			if e := Environment(strings.TrimSpace(raw.Texts[0])); e == Production || e == Testing {
				return e
			}
			break
		}
	}
	return Development
}

// version is set by the linker; the version of the build is used without it.
var version string

// BuildVersion returns the version of the program, "development build" without one.
func BuildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development build"
	}
	return info.Main.Version
}

// Keys returns the keys of a configuration, with their origins.
func Keys(c *Config) *settings.Set { return c.keys }

// Providers returns the providers that a configuration has a section for.
func Providers(c *Config) []port.Provider { return c.providers }

// Section returns the filled section of a provider, nil for an unknown provider.
func Section(c *Config, provider string) any { return c.sections[provider] }

// Channels returns the names of the product's channels and of those that the configuration
// names providers for.
func Channels(c *Config) []domain.ChannelName { return slices.Sorted(maps.Keys(c.channels)) }

// ProvidersOf returns the value of <channel>.providers.
func ProvidersOf(c *Config, channel domain.ChannelName) []string {
	if providers := c.channels[channel]; providers != nil {
		return *providers
	}
	return nil
}
