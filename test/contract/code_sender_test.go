package contract

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// pigeonry is a provider in memory, and a sender for it that keeps every promise
// but the one that a test takes away.
type pigeonry struct {
	mu       sync.Mutex
	received []Handed
	hang     bool
	fail     bool
	spoilt   string // how the answer is: "reset" or "garbage"
	throttle time.Duration
	redirect string
	flood    bool
	closed   chan struct{} // at the end of a test

	twoRecipients bool // copies a stranger in
	deaf          bool // does not hear that it is called off
	optimist      bool // says accepted when it is called off
	denier        bool // says refused when it is called off
	empty         bool // sends what could not be composed
	talkative     bool // shows what it was handed in an error
	spelling      bool // shows it letter by letter
	mixesUp       bool // hands over the last text twice
	forgets       bool // loses every tenth message
	persistent    bool // sends again when the answer tells nothing
	impatient     bool // sends again when there is no answer
	denies        bool // says refused when the answer tells nothing
	believes      bool // says accepted when the answer tells nothing
	obedient      bool // waits as long as the provider asks
	credulous     bool // says accepted when the answer is garbage
	waitless      bool // does not say how long the provider wants it to wait
	hasty         bool // says half of it
	vague         bool // says rejected instead
	accuser       bool // blames the recipient for what it does not know
	follows       bool // goes where the provider redirects it
	insatiable    bool // reads an answer without end
	tattler       bool // shows the recipient in an error
	shortTattler  bool // shows it without the plus
	blabber       bool // shows its key when there is no answer
	printer       bool // prints the code
	logger        bool // logs the code
	mute          bool // does not say why it was refused
	speechless    bool // does not say why there is no text
	spoilText     func(text string) string
	last          string
}

func (p *pigeonry) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	text, err := m.Compose()
	switch {
	case err != nil && p.speechless:
		return port.SendOutcome{Result: domain.SendRejected}
	case err != nil && !p.empty:
		return port.SendOutcome{Result: domain.SendRejected, Err: err}
	}
	if ctx.Err() != nil {
		return port.SendOutcome{Result: domain.SendUnreachable, Err: ctx.Err()}
	}
	watched := strings.HasPrefix(m.Code.Reveal(), "489")
	if p.printer && watched {
		fmt.Println("sending", m.Code.Reveal())
	}
	if p.logger && watched {
		slog.Info("sending", "code", m.Code.Reveal())
	}
	if p.redirect != "" {
		return p.turnTo(m.Code.Reveal())
	}
	hang, fail, spoilt := p.take(m, text.Body)
	if spoilt != "" {
		return p.puzzle(m, text.Body, spoilt)
	}
	if p.throttle > 0 {
		return p.leaveAlone(ctx)
	}
	if p.flood {
		if p.insatiable {
			<-ctx.Done()
		}
		return port.SendOutcome{Result: domain.SendUnknown, Err: errors.New("an answer without end")}
	}
	switch {
	case fail && p.accuser:
		return port.SendOutcome{Result: domain.SendInvalidRecipient, Err: errors.New("error 99")}
	case fail && p.tattler:
		return port.SendOutcome{Result: domain.SendRejected, Err: errors.New("no pigeon to " + m.To.Value())}
	case fail && p.shortTattler:
		return port.SendOutcome{Result: domain.SendRejected, Err: errors.New("no pigeon to " + m.To.Value()[1:])}
	case fail && p.mute:
		return port.SendOutcome{Result: domain.SendRejected}
	case fail && p.talkative:
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("refused: %w", errors.New(text.Body))}
	case fail && p.spelling:
		return port.SendOutcome{Result: domain.SendRejected, Err: fmt.Errorf("refused: % s", spaced(m.Code.Reveal()))}
	case fail:
		return port.SendOutcome{Result: domain.SendRejected, Err: errors.New("refused")}
	case hang && p.deaf:
		<-p.closed
	case hang:
		<-ctx.Done()
	}
	switch {
	case !hang || p.optimist || p.deaf:
		return port.SendOutcome{Result: domain.SendAccepted}
	case p.denier:
		return port.SendOutcome{Result: domain.SendUnreachable}
	case p.impatient:
		p.take(m, text.Body)
	}
	if p.blabber {
		return port.SendOutcome{
			Result: domain.SendTimeout,
			Err:    &url.Error{Op: "Post", URL: "/?key=" + pigeonKey, Err: ctx.Err()},
		}
	}
	return port.SendOutcome{Result: domain.SendTimeout}
}

// pigeonKey is the secret of the configuration.
const pigeonKey = "Grain-27"

// turnTo is a request whose answer is a redirect.
func (p *pigeonry) turnTo(text string) port.SendOutcome {
	if p.follows {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if answer, err := client.Post(p.redirect, "text/plain", strings.NewReader(text)); err == nil {
			_ = answer.Body.Close()
		}
	}
	return port.SendOutcome{Result: domain.SendUnknown, Err: errors.New("elsewhere")}
}

// leaveAlone waits, if it obeys, until the provider wants to hear of it again.
func (p *pigeonry) leaveAlone(ctx context.Context) port.SendOutcome {
	if p.obedient {
		select {
		case <-time.After(p.throttle):
		case <-ctx.Done():
		}
	}
	out := port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: p.throttle, Err: errors.New("not now")}
	switch {
	case p.waitless:
		out.RetryAfter = 0
	case p.hasty:
		out.RetryAfter /= 2
	case p.vague:
		out.Result = domain.SendRejected
	}
	return out
}

// puzzle is what comes of an answer that tells nothing.
func (p *pigeonry) puzzle(m port.CodeMessage, text, spoilt string) port.SendOutcome {
	switch {
	case p.credulous && spoilt == "garbage":
		return port.SendOutcome{Result: domain.SendAccepted}
	case p.denies:
		return port.SendOutcome{Result: domain.SendUnreachable, Err: errors.New("no answer")}
	case p.believes:
		return port.SendOutcome{Result: domain.SendAccepted}
	case p.persistent:
		p.take(m, text)
	}
	return port.SendOutcome{Result: domain.SendUnknown}
}

func (p *pigeonry) take(m port.CodeMessage, text string) (hang, fail bool, spoilt string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail || p.forgets && len(p.received)%10 == 9 {
		return false, p.fail, ""
	}
	if p.spoilText != nil {
		text = p.spoilText(text)
	}
	handed := Handed{To: []string{m.To.Value()}, Text: text}
	if p.twoRecipients {
		handed.To = append(handed.To, "eve@example.com")
	}
	if p.mixesUp && p.last != "" {
		handed.Text = p.last
	}
	p.last = text
	p.received = append(p.received, handed)
	return p.hang, false, p.spoilt
}

func spaced(text string) (list []string) {
	for _, r := range text {
		list = append(list, string(r))
	}
	return list
}

// keep is a setup of pigeonries that are spoiled in one way.
func keep(spoil func(p *pigeonry)) SenderSetup {
	return keepFor(domain.KindPhone, spoil)
}

// keepFor is keep for pigeons that find another kind of recipient.
func keepFor(kind domain.Kind, spoil func(p *pigeonry)) SenderSetup {
	set := func(p *pigeonry, change func()) func() {
		return func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			change()
		}
	}
	return SenderSetup{
		Channel: domain.Channel{Name: "pigeon", Kind: kind}, Secrets: []string{pigeonKey},
		Open: func(t testing.TB) SenderUnderTest {
			p := &pigeonry{closed: make(chan struct{})}
			t.Cleanup(func() { close(p.closed) })
			spoil(p)
			return SenderUnderTest{
				Sender: p,
				Received: func() []Handed {
					p.mu.Lock()
					defer p.mu.Unlock()
					return append([]Handed(nil), p.received...)
				},
				Hang:     set(p, func() { p.hang = true }),
				Reset:    set(p, func() { p.spoilt = "reset" }),
				Garble:   set(p, func() { p.spoilt = "garbage" }),
				Fail:     set(p, func() { p.fail = true }),
				Throttle: func(wait time.Duration) { p.throttle = wait },
				Redirect: func(to string) { p.redirect = to },
				Flood:    set(p, func() { p.flood = true }),
			}
		},
	}
}

func TestCodeSender_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const (
		one     = "It must send to exactly one recipient, the one of the message."
		returns = "It must return when ctx is done, with timeout or unknown if the message may have been sent."
		once    = "It must not send again when it is unknown whether the message was sent."
		budget  = "It must not wait to send again for longer than the retry budget of the message."
		empty   = "It must refuse, and hand nothing over, when Compose fails."
		cause   = "A refusal must carry its cause."
		wait    = "It must report rate_limited and the wait when the provider asks for a wait."
		blame   = "It must blame the recipient only when the provider does."
		bounds  = "It must follow no redirect, and read no answer without a limit."
		hides   = "It must never show the code, the recipient or a secret of the configuration in an error."
		silent  = "It must neither print nor log the code."
		many    = "It must be safe for concurrent use."
	)
	require.Empty(t, CheckCodeSender(keep(func(*pigeonry) {})))
	for name, row := range map[string]struct {
		spoil  func(p *pigeonry)
		breaks string
	}{
		"copies a stranger in":               {func(p *pigeonry) { p.twoRecipients = true }, one},
		"loses messages":                     {func(p *pigeonry) { p.forgets = true }, many},
		"mixes messages up":                  {func(p *pigeonry) { p.mixesUp = true }, many},
		"cannot be called off":               {func(p *pigeonry) { p.deaf = true }, returns},
		"claims what it cannot know":         {func(p *pigeonry) { p.optimist = true }, returns},
		"denies what it cannot know":         {func(p *pigeonry) { p.denier = true }, returns},
		"sends what it cannot write":         {func(p *pigeonry) { p.empty = true }, empty},
		"sends again after silence":          {func(p *pigeonry) { p.impatient = true }, once},
		"sends again after garbage":          {func(p *pigeonry) { p.persistent = true }, once},
		"takes garbage for a no":             {func(p *pigeonry) { p.denies = true }, once},
		"takes any spoilt answer for a yes":  {func(p *pigeonry) { p.believes = true }, once},
		"takes garbage alone for a yes":      {func(p *pigeonry) { p.credulous = true }, once},
		"waits for longer than its budget":   {func(p *pigeonry) { p.obedient = true }, budget},
		"does not say how long to wait":      {func(p *pigeonry) { p.waitless = true }, wait},
		"says half of the wait":              {func(p *pigeonry) { p.hasty = true }, wait},
		"does not say that it is throttled":  {func(p *pigeonry) { p.vague = true }, wait},
		"blames the recipient for anything":  {func(p *pigeonry) { p.accuser = true }, blame},
		"follows redirects":                  {func(p *pigeonry) { p.follows = true }, bounds},
		"reads without a limit":              {func(p *pigeonry) { p.insatiable = true }, bounds},
		"does not say why":                   {func(p *pigeonry) { p.mute = true }, cause},
		"does not say that there is no text": {func(p *pigeonry) { p.speechless = true }, cause},
		"quotes the message":                 {func(p *pigeonry) { p.talkative = true }, hides},
		"spells the code":                    {func(p *pigeonry) { p.spelling = true }, hides},
		"shows the recipient":                {func(p *pigeonry) { p.tattler = true }, hides},
		"shows the recipient without a plus": {func(p *pigeonry) { p.shortTattler = true }, hides},
		"shows its key":                      {func(p *pigeonry) { p.blabber = true }, hides},
		"prints the code":                    {func(p *pigeonry) { p.printer = true }, silent},
		"logs the code":                      {func(p *pigeonry) { p.logger = true }, silent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				require.Contains(t, CheckCodeSender(keep(row.spoil)), row.breaks)
			})
		})
	}
}

// Changes of texts by encoders and filters.
func TestCodeSender_seesSpoiltTexts(t *testing.T) {
	t.Parallel()
	ascii := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII {
				return '?'
			}
			return r
		}, text)
	}
	for name, spoil := range map[string]func(text string) string{
		"escapes":              html.EscapeString,
		"escapes for a URL":    url.QueryEscape,
		"unescapes":            html.UnescapeString,
		"knows ASCII alone":    ascii,
		"knows two bytes":      func(text string) string { return strings.ReplaceAll(text, "🎉", "\ufffd") },
		"drops what is hidden": func(text string) string { return strings.ReplaceAll(text, "\u200f", "") },
		"composes accents":     func(text string) string { return strings.ReplaceAll(text, "u\u0308", "ü") },
		"doubles dots":         func(text string) string { return strings.ReplaceAll(text, "\n.", "\n..") },
		"ends at a dot":        func(text string) string { before, _, _ := strings.Cut(text, "\r\n.\r\n"); return before },
		"ends at 160":          func(text string) string { return string([]rune(text)[:min(160, len([]rune(text)))]) },
		"ends at 1,000 bytes":  func(text string) string { return strings.ToValidUTF8(text[:min(1000, len(text))], "") },
		"joins lines":          func(text string) string { return strings.ReplaceAll(text, "\n", " ") },
		"indents no lines":     func(text string) string { return strings.ReplaceAll(text, "\n    ", "\n") },
		"quotes From":          func(text string) string { return strings.ReplaceAll(text, "\nFrom ", "\n>From ") },
		"prints by a format":   func(text string) string { return fmt.Sprintf(strings.ReplaceAll(text, "%20", ""), "") },
	} {
		const says = "It must hand the text over as it is, whatever letters are in it."
		for _, kind := range []domain.Kind{domain.KindPhone, domain.KindEmail} {
			broken := CheckCodeSender(keepFor(kind, func(p *pigeonry) { p.spoilText = spoil }))
			require.Contains(t, broken, says, "%s, %s", name, kind)
		}
	}
	wordy := func(p *pigeonry) { p.spoilText = func(text string) string { return text + " Sent by pigeon." } }
	require.NotEmpty(t, CheckCodeSender(keep(wordy)), "words of its own")
	parts := func(p *pigeonry) {
		p.spoilText = func(text string) string { return "<p>" + text + "</p>\n" + text + "\n<p>" }
	}
	require.Empty(t, CheckCodeSender(keepFor(domain.KindEmail, parts)), "an e-mail has more parts")
	ends := func(p *pigeonry) {
		p.spoilText = func(text string) string { return strings.ReplaceAll(settled(text), "\n", " \r\n") + "\r\n" }
	}
	require.Empty(t, CheckCodeSender(keep(ends)), "line ends are the provider's")
}

// Of a message that a template writes, the code is what is looked for.
func TestCodeSender_template(t *testing.T) {
	t.Parallel()
	setup := keep(func(p *pigeonry) {
		p.spoilText = func(text string) string { code, _, _ := strings.Cut(text, " "); return "your code: " + code }
	})
	require.NotEmpty(t, CheckCodeSender(setup))
	setup.Template = true
	require.Empty(t, CheckCodeSender(setup))
	setup = keep(func(p *pigeonry) { p.spoilText = func(string) string { return "your code: 000000" } })
	setup.Template = true
	require.Contains(t, CheckCodeSender(setup), "It must hand the text over as it is, whatever letters are in it.")
}

// A provider without a fault is proved by the others: silence proves what a spoilt answer would.
func TestCodeSender_withoutFaults(t *testing.T) {
	t.Parallel()
	without := func(spoil func(p *pigeonry)) SenderSetup {
		setup := keep(spoil)
		open := setup.Open
		setup.Open = func(t testing.TB) SenderUnderTest {
			s := open(t)
			s.Reset, s.Garble, s.Throttle, s.Redirect, s.Flood = nil, nil, nil, nil, nil
			return s
		}
		return setup
	}
	require.Empty(t, CheckCodeSender(without(func(*pigeonry) {})))
	require.Equal(t, []string{"It must not send again when it is unknown whether the message was sent."},
		CheckCodeSender(without(func(p *pigeonry) { p.impatient = true })))
}
