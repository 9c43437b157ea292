package bootstrap

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/doorcode-auth/doorcode/adapters/jwt"
	"github.com/doorcode-auth/doorcode/adapters/system"
)

// TokenInfo says how long tokens are good, what signs them, and whether a refresh
// token is replaced when it is used.
func (c *Command) TokenInfo(ctx context.Context) error {
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	access, refresh, absolute := cfg.JWT.AccessTokenLifetime, cfg.JWT.RefreshTokenLifetime, cfg.Session.AbsoluteLifetime
	rotation := "disabled"
	if cfg.JWT.RotateRefreshTokens {
		rotation = "enabled"
	}
	if c.JSON {
		return c.printJSON(map[string]any{
			"access_token": inUnits(access, time.Hour), "access_token_seconds": int64(access / time.Second),
			"refresh_token": inUnits(refresh, day), "refresh_token_seconds": int64(refresh / time.Second),
			"algorithm": cfg.JWT.Algorithm, "issuer": cfg.JWT.Issuer, "audience": cfg.JWT.Audience,
			"leeway_seconds": int64(cfg.JWT.Leeway / time.Second),
			"rotation":       rotation, "rotate_refresh_tokens": cfg.JWT.RotateRefreshTokens, "blacklist_after_rotation": cfg.JWT.BlacklistAfterRotation,
			"refresh_grace_seconds":     cfg.JWT.RefreshGrace.Seconds(),
			"session_absolute_lifetime": inUnits(absolute, day), "session_absolute_lifetime_seconds": int64(absolute / time.Second),
		})
	}
	return c.print(fmt.Sprintf("access_token: %s, refresh_token: %s, algorithm: %s, rotation: %s\n",
		inUnits(access, time.Hour), inUnits(refresh, day), cfg.JWT.Algorithm, rotation))
}

const day = 24 * time.Hour

// inUnits is a duration as people say it: "24 hours", in the largest unit from this
// one down that gives a whole number.
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

// InspectToken says whether this service would take a token, or why not, and what
// is in it. The token is the one argument, or comes from standard input, where no
// list of processes shows it.
func (c *Command) InspectToken(ctx context.Context) error {
	text, err := c.tokenGiven()
	if err != nil {
		return err
	}
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	tokens, err := cfg.tokens()
	if err != nil {
		return err
	}
	seen := tokens.Inspect(text)
	if c.JSON {
		err = c.printJSON(inspected{
			Valid: seen.Reason == "", Kind: seen.Kind, Reason: seen.Reason, Header: shown(seen.Header), Claims: shown(seen.Claims),
		})
	} else {
		err = c.print(describe(seen))
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

func (c *Command) tokenGiven() (string, error) {
	switch {
	case len(c.Args) > 1:
		return "", fmt.Errorf("%w: token inspect wants one token", ErrUsage)
	case len(c.Args) == 1 && c.Args[0] != "-":
		return c.Args[0], nil
	}
	data, err := io.ReadAll(io.LimitReader(cmp.Or[io.Reader](c.Stdin, os.Stdin), maxTokenInput))
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", fmt.Errorf("%w: token inspect wants a token, as its argument or on standard input", ErrUsage)
	}
	return text, nil
}

// tokens reads tokens with the keys of this configuration. It makes no secret key:
// without one there is no token to look at.
func (c *Config) tokens() (*jwt.Tokens, error) {
	key := c.SecretKey
	if key.IsZero() {
		var err error
		if key, err = readKey(c.keyPath()); errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("there is no secret key yet: start the service once, or set DOORCODE_SECRET_KEY")
		} else if err != nil {
			return nil, fmt.Errorf("read the secret key: %w", err)
		}
	}
	return jwt.New(c.tokensWith(key), system.Clock{}, system.Random{})
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
		fmt.Fprintf(&b, "header: %s\n", shown(seen.Header))
	}
	if seen.Claims != nil {
		fmt.Fprintf(&b, "claims: %s\n", shown(seen.Claims))
	}
	return b.String()
}

// shown is JSON in ASCII on one line: what strangers have written into a token does
// nothing to a terminal.
func shown(object json.RawMessage) json.RawMessage {
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
