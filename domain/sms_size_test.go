package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestMeasureSMS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]domain.SMSSize{
		"":                       {domain.GSM7, 0, 160},
		"123456 is your code":    {domain.GSM7, 19, 160},
		"Größe: 5 €, [a]":        {domain.GSM7, 18, 160},
		strings.Repeat("a", 161): {domain.GSM7, 161, 160},
		"κωδικός 123456":         {domain.UCS2, 14, 70},
		"123456 🎉":               {domain.UCS2, 9, 70},
		"c̀":                     {domain.UCS2, 2, 70},
		"`":                      {domain.UCS2, 1, 70},
	} {
		require.Equal(t, want, domain.MeasureSMS(text), text)
	}
}
