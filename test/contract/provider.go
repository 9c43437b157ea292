package contract

import (
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ProviderSetup describes a provider, so that what it offers to the configuration can be
// proven.
type ProviderSetup struct {
	Provider port.Provider
	// Configs are good configurations, by pointer, as Provider.Config makes them, that set up
	// all of its channels together. What they call is at address, such as
	// http://127.0.0.1:40001.
	Configs func(t testing.TB, address string) []any
}

// Provider proves the contract of port.Provider.
func Provider(t *testing.T, setup ProviderSetup) {
	t.Helper()
	prove(t, setup, providerPromises())
}

// CheckProvider is Provider outside of a test: it lists the promises that are broken.
func CheckProvider(setup ProviderSetup) []string { return broken(setup, providerPromises()) }

func providerPromises() []promise[ProviderSetup] {
	return []promise[ProviderSetup]{
		{"Its name must be valid, and free: no section of doorcode's own has it.", hasFreeName},
		{
			"Every field of its configuration must have a key and a sentence, and be secret if it is named like a secret.",
			hasGoodTags,
		},
		{"Config must return a new copy with the defaults each time.", copiesConfig},
		{"Open must not call the provider: a service starts while its providers are down.", opensWithoutCalls},
		{"Open must return no channel where nothing is configured, unless it serves every channel.", opensNothing},
		{"Open must return valid channels: a name, a kind and a sender each.", opensValidChannels},
		{"Channels must list exactly the channels that it opens.", listsChannels},
	}
}

func hasFreeName(t testing.TB, setup ProviderSetup) {
	require.Regexp(t, `^[a-z][a-z0-9_]*$`, setup.Provider.Name)
	require.NotContains(t, port.ReservedSections, setup.Provider.Name, "a key of the configuration: choose another")
}

var (
	keyPattern    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	secretPattern = regexp.MustCompile(`(^|_)(key|password|token|secret|credentials)$`)
)

func hasGoodTags(t testing.TB, setup ProviderSetup) {
	config := reflect.TypeOf(setup.Provider.Config())
	require.Equal(t, reflect.Pointer, config.Kind(), "a pointer to a struct")
	require.Equal(t, reflect.Struct, config.Elem().Kind(), "a pointer to a struct")
	for _, field := range reflect.VisibleFields(config.Elem()) {
		key := field.Tag.Get("yaml")
		if key == "-" {
			continue
		}
		require.True(t, field.IsExported(), "the field %s", field.Name)
		require.Regexp(t, keyPattern, key, "the tag yaml of %s", field.Name)
		require.Regexp(t, `\.$`, field.Tag.Get("doc"), "the tag doc of %s", field.Name)
		if secretPattern.MatchString(key) && !strings.Contains(key, "public") {
			require.Equal(t, "true", field.Tag.Get("secret"), "the tag secret of %s", field.Name)
		}
	}
}

func copiesConfig(t testing.TB, setup ProviderSetup) {
	first, second := setup.Provider.Config(), setup.Provider.Config()
	require.Equal(t, first, second, "the defaults")
	fields := reflect.ValueOf(first).Elem()
	if fields.NumField() == 0 {
		return
	}
	require.NotSame(t, first, second)
	for i := range fields.NumField() {
		if fields.Field(i).CanSet() && fields.Field(i).Kind() == reflect.String {
			fields.Field(i).SetString("changed")
		}
	}
	require.Equal(t, second, setup.Provider.Config(), "after a copy was changed")
}

// opened is all that the good configurations set up.
func opened(t testing.TB, setup ProviderSetup, address string) (channels []port.ChannelSender) {
	configs := setup.Configs(t, address)
	require.NotEmpty(t, configs, "configurations")
	for _, config := range configs {
		require.IsType(t, setup.Provider.Config(), config)
		senders, err := setup.Provider.Open(t.Context(), config)
		require.NoError(t, err)
		require.NotEmpty(t, senders, "channels of a good configuration")
		channels = append(channels, senders...)
	}
	return channels
}

// nowhere is an address at which nothing answers.
const nowhere = "http://127.0.0.1:9"

func opensWithoutCalls(t testing.TB, setup ProviderSetup) {
	var calls atomic.Int32
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			calls.Add(1)
		}
	}
	server.Start()
	opened(t, setup, server.URL)
	server.Close()
	require.Zero(t, calls.Load(), "connections to the provider")
	opened(t, setup, nowhere)
}

func opensNothing(t testing.TB, setup ProviderSetup) {
	senders, err := setup.Provider.Open(t.Context(), setup.Provider.Config())
	require.NoError(t, err)
	if !slices.Contains(setup.Provider.Channels, domain.ChannelAny) {
		require.Empty(t, senders, "channels")
	}
	_, err = setup.Provider.Open(t.Context(), nil)
	require.Error(t, err, "a configuration of another provider")
}

func opensValidChannels(t testing.TB, setup ProviderSetup) {
	for _, s := range opened(t, setup, nowhere) {
		require.NotNil(t, s.Sender, "the sender of %s", s.Channel.Name)
		require.Contains(t, []string{"", setup.Provider.Name}, s.Provider, "the provider of %s", s.Channel.Name)
		if s.Channel.Name == domain.ChannelAny {
			continue
		}
		require.True(t, s.Channel.Name.Valid(), "the name %q", s.Channel.Name)
		require.Contains(t, []domain.Kind{domain.KindEmail, domain.KindPhone}, s.Channel.Kind, "the kind of %s",
			s.Channel.Name)
		for _, known := range domain.KnownChannels {
			if known.Name == s.Channel.Name {
				require.Equal(t, known.Kind, s.Channel.Kind, "the kind of %s", s.Channel.Name)
			}
		}
	}
}

func listsChannels(t testing.TB, setup ProviderSetup) {
	var names []domain.ChannelName
	for _, s := range opened(t, setup, nowhere) {
		names = append(names, s.Channel.Name)
	}
	slices.Sort(names)
	require.ElementsMatch(t, setup.Provider.Channels, slices.Compact(names), "list them with For")
}
