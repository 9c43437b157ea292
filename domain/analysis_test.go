package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestGroup_SourceName(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Dashboard", domain.Group{Key: "5f3c", DisplayName: "Dashboard"}.SourceName())
	require.Equal(t, "Direct", domain.Group{}.SourceName())
	require.Equal(t, "Other", domain.Group{Key: domain.SourceOther}.SourceName())
}
