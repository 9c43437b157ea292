package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
)

func (p *program) tokenCommand() *cobra.Command {
	return group("token", "Inspect tokens",
		p.command(&cobra.Command{Use: "info", Short: "Print the lifetimes and the signature algorithm of tokens"},
			p.configured(showTokenInfo)),
		p.command(&cobra.Command{
			Use:   "inspect [token]",
			Short: "Print whether a token is valid, or why not, and its content",
			Long: "Print whether a token is valid, or why not, and its content. Without an argument the token is read from\n" +
				"standard input, where no list of processes shows it. Exits with 1 for a token that is not valid. Whether the\n" +
				"session of a token has ended is not checked.",
			Args: cobra.ArbitraryArgs, // checked by readToken
		}, p.inspectToken),
	)
}

// showTokenInfo reports the lifetimes of tokens, their signature algorithm, and whether
// refresh tokens rotate.
func showTokenInfo(_ context.Context, cfg *config.Config) (output, error) {
	absolute, rotation := cfg.Session.AbsoluteLifetime, "disabled"
	if cfg.JWT.RotateRefreshTokens {
		rotation = "enabled"
	}
	access, refresh := inUnits(cfg.JWT.AccessTokenLifetime, time.Hour), inUnits(cfg.JWT.RefreshTokenLifetime, day)
	return output{
		fmt.Sprintf("access_token: %s, refresh_token: %s, algorithm: %s, rotation: %s\n",
			access, refresh, cfg.JWT.Algorithm, rotation),
		map[string]any{
			"access_token": access, "access_token_seconds": int64(cfg.JWT.AccessTokenLifetime / time.Second),
			"refresh_token": refresh, "refresh_token_seconds": int64(cfg.JWT.RefreshTokenLifetime / time.Second),
			"algorithm": cfg.JWT.Algorithm, "issuer": cfg.JWT.Issuer, "audience": cfg.JWT.Audience,
			"leeway_seconds": int64(cfg.JWT.Leeway / time.Second),
			"rotation":       rotation, "rotate_refresh_tokens": cfg.JWT.RotateRefreshTokens,
			"blacklist_after_rotation": cfg.JWT.BlacklistAfterRotation, "refresh_grace_seconds": cfg.JWT.RefreshGrace.Seconds(),
			"session_absolute_lifetime":         inUnits(absolute, day),
			"session_absolute_lifetime_seconds": int64(absolute / time.Second),
		},
	}, nil
}

const day = 24 * time.Hour

// inUnits formats a duration, such as "24 hours", in the largest unit up to largest that
// gives a whole number.
func inUnits(d, largest time.Duration) string {
	length, name := time.Second, "second"
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Minute, "minute"}, {time.Hour, "hour"}, {day, "day"}} {
		if unit.length <= largest && d%unit.length == 0 {
			length, name = unit.length, unit.name
		}
	}
	if d != length {
		name += "s"
	}
	return strconv.FormatInt(int64(d/length), 10) + " " + name
}

// errBadToken makes the program end with 1; the reason has been printed.
var errBadToken = errors.New("the token is refused")

// inspectToken reports whether this service accepts a token, or why not, and its content.
func (p *program) inspectToken(ctx context.Context, args []string) (output, error) {
	text, err := p.readToken(args)
	if err != nil {
		return output{}, err
	}
	cfg, err := p.configure(ctx)
	if err != nil {
		return output{}, err
	}
	key, err := config.ExistingSecretKey(cfg)
	if err != nil {
		return output{}, err
	}
	tokens, err := jwt.New(config.Tokens(cfg, key), system.Clock{}, system.Random{})
	if err != nil {
		return output{}, err
	}
	seen := tokens.Inspect(text)
	if seen.Reason != "" {
		err = errBadToken
	}
	return output{describe(seen), inspected{
		seen.Reason == "", seen.Kind, seen.Reason, ascii(seen.Header), ascii(seen.Claims),
	}}, err
}

type inspected struct {
	Valid  bool            `json:"valid"`
	Kind   string          `json:"kind"`
	Reason string          `json:"reason,omitempty"`
	Header json.RawMessage `json:"header"`
	Claims json.RawMessage `json:"claims"`
}

// readToken returns the argument, or reads standard input.
func (p *program) readToken(args []string) (string, error) {
	const maxTokenInput = 64 << 10 // bytes
	switch {
	case len(args) > 1:
		return "", fmt.Errorf("%w: token inspect wants one token", errUsage)
	case len(args) == 1 && args[0] != "-":
		return args[0], nil
	}
	data, err := io.ReadAll(io.LimitReader(p.stdin, maxTokenInput))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", fmt.Errorf("%w: token inspect wants a token, as its argument or on standard input", errUsage)
	}
	return text, nil
}

func describe(seen jwt.Inspection) string {
	var b strings.Builder
	kind := cmp.Or(seen.Kind, "unknown") + " token"
	if seen.Reason == "" {
		fmt.Fprintf(&b, "valid: %s until %s\n", kind, seen.ExpiresAt.Format(time.RFC3339))
	} else {
		fmt.Fprintf(&b, "not valid: %s\nkind: %s\n", seen.Reason, kind)
	}
	if seen.Header != nil {
		fmt.Fprintf(&b, "header: %s\n", ascii(seen.Header))
	}
	if seen.Claims != nil {
		fmt.Fprintf(&b, "claims: %s\n", ascii(seen.Claims))
	}
	return b.String()
}

// ascii is JSON in ASCII on one line, so that the content of a token cannot control a
// terminal.
func ascii(object json.RawMessage) json.RawMessage {
	if object == nil {
		return nil
	}
	var b []byte
	for _, r := range string(object) {
		switch {
		case r == '\n', r == '\r', r == '\t': // between members; never in a text
			b = append(b, ' ')
		case r > '~':
			for _, unit := range utf16.Encode([]rune{r}) {
				b = fmt.Appendf(b, `\u%04x`, unit)
			}
		default:
			b = append(b, byte(r))
		}
	}
	return b
}
