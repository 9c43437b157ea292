package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestIsUUID(t *testing.T) {
	t.Parallel()
	random := &fake.Random{}
	for range 100 {
		require.True(t, domain.IsUUID(random.UUID(fake.Noon)))
	}
	id := random.UUID(fake.Noon)
	for _, text := range []string{
		"", id[1:], id + "0", strings.ToUpper(id[:35]) + "A", strings.ReplaceAll(id, "-", ""),
		strings.ReplaceAll(id, "-", "0"), "{" + id[:34] + "}", id[:35] + "g", id[:35] + "-", id[:35] + "\x00",
		strings.Repeat("-", 36), strings.Repeat("0", 36), id[:34] + "ü",
	} {
		require.False(t, domain.IsUUID(text), "%q", text)
	}
}
