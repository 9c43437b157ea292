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
	info, inspect := &tokenInfo{output{program: p}}, &tokenInspect{output{program: p}}
	return group("token", "Look at tokens",
		info.flag(leaf(&cobra.Command{Use: "info", Short: "Say how long tokens are good, and what signs them"}, info.run)),
		inspect.flag(leafWithArguments(&cobra.Command{
			Use:   "inspect [token]",
			Short: "Say whether a token is valid, or why not, and what it says",
			Long: "Say whether a token is valid, or why not, and what it says. Without an argument the token is read from " +
				"standard input,\n" +
				"where no list of processes shows it. Exits with 1 for a token that is not valid. Whether the session of a " +
				"token has\n" +
				"ended is not looked at.",
		}, inspect.run)),
	)
}

// tokenInfo prints the lifetimes of tokens, what signs them, and whether refresh tokens
// rotate.
type tokenInfo struct{ output }

func (t *tokenInfo) run(ctx context.Context) error {
	cfg, err := t.configure(ctx)
	if err != nil {
		return err
	}
	access, refresh, absolute := cfg.JWT.AccessTokenLifetime, cfg.JWT.RefreshTokenLifetime, cfg.Session.AbsoluteLifetime
	rotation := "disabled"
	if cfg.JWT.RotateRefreshTokens {
		rotation = "enabled"
	}
	if t.json {
		return t.printJSON(map[string]any{
			"access_token": inUnits(access, time.Hour), "access_token_seconds": int64(access / time.Second),
			"refresh_token": inUnits(refresh, day), "refresh_token_seconds": int64(refresh / time.Second),
			"algorithm": cfg.JWT.Algorithm, "issuer": cfg.JWT.Issuer, "audience": cfg.JWT.Audience,
			"leeway_seconds": int64(cfg.JWT.Leeway / time.Second),
			"rotation":       rotation, "rotate_refresh_tokens": cfg.JWT.RotateRefreshTokens,
			"blacklist_after_rotation": cfg.JWT.BlacklistAfterRotation, "refresh_grace_seconds": cfg.JWT.RefreshGrace.Seconds(),
			"session_absolute_lifetime":         inUnits(absolute, day),
			"session_absolute_lifetime_seconds": int64(absolute / time.Second),
		})
	}
	return t.print(fmt.Sprintf("access_token: %s, refresh_token: %s, algorithm: %s, rotation: %s\n",
		inUnits(access, time.Hour), inUnits(refresh, day), cfg.JWT.Algorithm, rotation))
}

const day = 24 * time.Hour

// inUnits formats a duration, such as "24 hours", in the largest unit up to largest that
// gives a whole number.
func inUnits(d, largest time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if unit.length > largest || d%unit.length != 0 {
			continue
		}
		return counted(d/unit.length, unit.name)
	}
	return counted(d/time.Second, "second")
}

func counted(n time.Duration, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return strconv.FormatInt(int64(n), 10) + " " + unit
}

// errBadToken makes the program end with 1; what is wrong has been printed.
var errBadToken = errors.New("the token is refused")

// maxTokenInput is how much is read for one token, in bytes.
const maxTokenInput = 64 << 10

// tokenInspect reports whether this service accepts a token, or why not, and its
// content. The token is the one argument, or is read from standard input, where no list
// of processes shows it.
type tokenInspect struct{ output }

func (t *tokenInspect) run(ctx context.Context, args []string) error {
	text, err := t.token(args)
	if err != nil {
		return err
	}
	cfg, err := t.configure(ctx)
	if err != nil {
		return err
	}
	key, err := config.ExistingSecretKey(cfg)
	if err != nil {
		return err
	}
	tokens, err := jwt.New(config.Tokens(cfg, key), system.Clock{}, system.Random{})
	if err != nil {
		return err
	}
	seen := tokens.Inspect(text)
	if t.json {
		err = t.printJSON(inspected{
			Valid: seen.Reason == "", Kind: seen.Kind, Reason: seen.Reason, Header: ascii(seen.Header),
			Claims: ascii(seen.Claims),
		})
	} else {
		err = t.print(describe(seen))
	}
	if err == nil && seen.Reason != "" {
		err = errBadToken
	}
	return err
}

type inspected struct {
	Valid  bool            `json:"valid"`
	Kind   string          `json:"kind"`
	Reason string          `json:"reason,omitempty"`
	Header json.RawMessage `json:"header"`
	Claims json.RawMessage `json:"claims"`
}

func (t *tokenInspect) token(args []string) (string, error) {
	switch {
	case len(args) > 1:
		return "", fmt.Errorf("%w: token inspect wants one token", errUsage)
	case len(args) == 1 && args[0] != "-":
		return args[0], nil
	}
	data, err := io.ReadAll(io.LimitReader(t.stdin, maxTokenInput))
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
