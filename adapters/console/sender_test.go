package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// output is a writer that remembers what it was given, and can stand still or fail.
type output struct {
	mu     sync.Mutex
	taken  bytes.Buffer
	writes int
	hang   <-chan struct{} // a write ends with it; nil for at once
	fail   error
	part   int // of a failing write is taken
}

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	o.writes++
	hang, fail := o.hang, o.fail
	if fail != nil {
		defer o.mu.Unlock()
		n, _ := o.taken.Write(data[:min(o.part, len(data))])
		return n, fail
	}
	o.taken.Write(data)
	o.mu.Unlock()
	if hang != nil {
		<-hang
	}
	return len(data), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.taken.String()
}

func (o *output) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func (o *output) lines(t testing.TB) (list []line) {
	for text := range strings.Lines(o.String()) {
		var l line
		if json.Unmarshal([]byte(text), &l) == nil {
			require.True(t, strings.HasSuffix(text, "\n"))
			list = append(list, l)
		}
	}
	return list
}

func someMessage(t testing.TB, channel domain.ChannelName, to, code string, text port.MessageText) port.CodeMessage {
	t.Helper()
	recipient, err := domain.ParseIdentifier(to)
	require.NoError(t, err)
	return port.CodeMessage{
		DeliveryID: "d", ChallengeID: "019cec37-b600-7000-8000-00000000000c", Channel: channel, To: recipient,
		Code: domain.NewCode(code), ExpiresAt: fake.Noon.Add(5 * time.Minute), ExpiresIn: 5 * time.Minute,
		Compose: func() (port.MessageText, error) { return text, nil },
	}
}

// The console runs the kit as a channel of e-mail and as one of phones; it fails
// and stands still at its file as at the terminal.
func TestSender_contract(t *testing.T) {
	t.Parallel()
	for _, channel := range []domain.Channel{domain.KnownChannels[0], domain.KnownChannels[1]} {
		for _, broken := range []string{"file", "terminal"} {
			t.Run(string(channel.Name)+" "+broken, func(t *testing.T) {
				t.Parallel()
				contract.CodeSender(t, contract.SenderSetup{
					Channel: channel,
					Open:    func(t testing.TB) contract.SenderUnderTest { return openSender(t, broken) },
				})
			})
		}
	}
}

func openSender(t testing.TB, broken string) contract.SenderUnderTest {
	terminal, file := &output{}, &output{}
	sender := New(terminal)
	sender.lines = file
	faulty := terminal
	if broken == "file" {
		faulty = file
	}
	received := func() (list []contract.Handed) {
		for _, l := range file.lines(t) {
			list = append(list, contract.Handed{To: []string{l.To}, Text: l.Body})
		}
		return list
	}
	return contract.SenderUnderTest{
		Sender: sender, Received: received,
		Hang: func() {
			hang := make(chan struct{})
			t.Cleanup(func() { close(hang) })
			faulty.set(func() { faulty.hang = hang })
		},
		Garble: func() { // the line is written, and the write fails
			file.set(func() { file.fail, file.part = syscall.EIO, math.MaxInt })
		},
		Fail: func() {
			file.set(func() { file.fail, file.part = syscall.ENOSPC, 10 })
		},
	}
}

func TestSender_line(t *testing.T) {
	t.Parallel()
	file := &output{}
	sender := New(&output{})
	sender.lines = file
	text := port.MessageText{Subject: "Your <Acme> code", Body: "Your code\n\n012345 ü\n", HTML: "<b>012345</b>"}
	out := sender.Send(t.Context(), someMessage(t, domain.ChannelEmail, "Ada@Example.com", "012345", text))
	require.Equal(t, port.SendOutcome{Result: domain.SendAccepted}, out)
	out = sender.Send(
		t.Context(), someMessage(t, domain.ChannelWhatsApp, "+1 (555) 010-0000", "999999", port.MessageText{Body: "999999"}),
	)
	require.Equal(t, port.SendOutcome{Result: domain.SendAccepted}, out)
	require.Equal(t,
		`{"time":"2026-03-14T12:00:00Z","channel":"email","to":"ada@example.com","subject":"Your <Acme> code",`+
			`"body":"Your code\n\n012345 ü\n","html":"<b>012345</b>","code":"012345",`+
			`"challenge_id":"019cec37-b600-7000-8000-00000000000c"}`+"\n"+
			`{"time":"2026-03-14T12:00:00Z","channel":"whatsapp","to":"+15550100000","subject":"",`+
			`"body":"999999","html":"","code":"999999","challenge_id":"019cec37-b600-7000-8000-00000000000c"}`+"\n",
		file.String())
	require.Equal(t, 2, file.writes, "one write a line")
}

func TestSender_page(t *testing.T) {
	t.Parallel()
	terminal := &output{}
	sender := New(terminal)
	text := port.MessageText{Subject: "Your Acme code", Body: "Your code\n\n    012345\n", HTML: "<b>012345</b>"}
	sender.Send(t.Context(), someMessage(t, domain.ChannelEmail, "ada@example.com", "012345", text))
	sender.Send(
		t.Context(),
		someMessage(t, domain.ChannelSMS, "+15550100000", "999999", port.MessageText{Body: "999999 is your code."}),
	)
	require.Equal(t, strings.TrimLeft(`
--- email to ada@example.com -----------------------------------
Subject: Your Acme code

Your code

    012345
----------------------------------------------------------------
--- sms to +15550100000 ----------------------------------------
999999 is your code.
----------------------------------------------------------------
`, "\n"), terminal.String())
	require.Equal(t, 2, terminal.writes, "one write a page")
}

func TestSender_outputThatFails(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		file, terminal *output
		want           domain.SendResult
	}{
		"the disk is full":            {&output{fail: syscall.ENOSPC}, &output{}, domain.SendUnreachable},
		"the disk becomes full":       {&output{fail: syscall.ENOSPC, part: 10}, &output{}, domain.SendUnknown},
		"the terminal is gone":        {nil, &output{fail: syscall.EIO}, domain.SendUnreachable},
		"the terminal goes":           {nil, &output{fail: syscall.EIO, part: 10}, domain.SendUnknown},
		"only the terminal is gone":   {&output{}, &output{fail: syscall.EIO}, domain.SendAccepted},
		"the terminal after the file": {&output{fail: syscall.ENOSPC}, &output{fail: syscall.EIO}, domain.SendUnreachable},
	} {
		sender := New(row.terminal)
		if row.file != nil {
			sender.lines = row.file
		}
		out := sender.Send(
			t.Context(), someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"}),
		)
		require.Equal(t, row.want, out.Result, name)
		require.Error(t, out.Err, name)
		if !row.want.Accepted() && row.file != nil {
			require.Zero(t, row.terminal.writes, "%s: terminal saw what the file does not have", name)
		}
	}
}

// A line that was cut off does not take the next one with it.
func TestSender_tornLine(t *testing.T) {
	t.Parallel()
	file := &output{}
	sender := New(&output{})
	sender.lines = file
	send := func(code string) domain.SendResult {
		return sender.Send(
			t.Context(), someMessage(t, domain.ChannelSMS, "+15550100000", code, port.MessageText{Body: code}),
		).Result
	}
	require.Equal(t, domain.SendAccepted, send("111111"))
	file.set(func() { file.fail, file.part = syscall.ENOSPC, 10 })
	require.Equal(t, domain.SendUnknown, send("222222"))
	file.set(func() { file.part = 0 })
	require.Equal(t, domain.SendUnreachable, send("333333"))
	file.set(func() { file.fail = nil })
	require.Equal(t, domain.SendAccepted, send("444444"))
	require.Equal(t, domain.SendAccepted, send("555555"))
	var codes []string
	for _, l := range file.lines(t) {
		codes = append(codes, l.Code)
	}
	require.Equal(t, []string{"111111", "444444", "555555"}, codes)
	require.Equal(t, 4, strings.Count(file.String(), "\n"), file.String())
}

// While the output blocks, other messages wait until their deadline, and are not
// written.
func TestSender_outputThatStandsStill(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	terminal := &output{hang: hang}
	sender := New(terminal)
	m := someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"})
	for i, want := range []domain.SendResult{domain.SendTimeout, domain.SendUnreachable, domain.SendUnreachable} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		out := sender.Send(ctx, m)
		cancel()
		require.Equal(t, want, out.Result, "message %d", i)
		require.ErrorIs(t, out.Err, context.DeadlineExceeded)
	}
	close(hang)
	require.Equal(t, domain.SendAccepted, sender.Send(t.Context(), m).Result, "it goes on")
	require.Equal(t, 2, terminal.writes)
}

func TestSender_calledOffBefore(t *testing.T) {
	t.Parallel()
	terminal := &output{}
	sender := New(terminal)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // the console is free, so that chance could choose it
		out := sender.Send(ctx, someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"}))
		require.Equal(t, domain.SendUnreachable, out.Result)
	}
	require.Zero(t, terminal.writes)
}

func TestSender_withoutText(t *testing.T) {
	t.Parallel()
	terminal := &output{}
	m := someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{})
	m.Compose = func() (port.MessageText, error) { return port.MessageText{}, errors.New("no text") }
	out := New(terminal).Send(t.Context(), m)
	require.Equal(t, domain.SendRejected, out.Result)
	require.EqualError(t, out.Err, "print message: no text")
	require.Zero(t, terminal.writes)
}

func TestProvider_opensFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "codes.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("{\"before\":true}\n"), 0o640))
	var all []port.CodeSender
	terminal := &output{}
	for range 2 { // two processes of one service
		channels, err := open(terminal, Config{File: path})
		require.NoError(t, err)
		require.Len(t, channels, 1)
		require.Equal(t, domain.ChannelAny, channels[0].Channel.Name)
		require.Equal(t, "console", channels[0].Provider)
		all = append(all, channels[0].Sender)
	}
	const each = 100
	var senders sync.WaitGroup
	for n, s := range all {
		senders.Go(func() {
			for i := range each {
				code := fmt.Sprintf("%06d", n*each+i)
				m := someMessage(t, domain.ChannelEmail, "ada@example.com", code, port.MessageText{Body: strings.Repeat(code, 500)})
				if out := s.Send(t.Context(), m); out.Result != domain.SendAccepted {
					t.Errorf("message %s: %s: %v", code, out.Result, out.Err)
				}
			}
		})
	}
	senders.Wait()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	seen := map[string]bool{}
	for i, text := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		var l line
		require.NoError(t, json.Unmarshal([]byte(text), &l), "line %d", i)
		seen[l.Code] = true
	}
	require.Len(t, seen, len(all)*each+1, "every message has a line, after the one that was there")
}

// A line that a process which was killed has left without an end does not take
// the first one of the next process with it.
func TestProvider_fileThatEndsTorn(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]string{"": "", "{}\n": "{}\n", `{"to":"ada`: "{\"to\":\"ada\n"} {
		path := filepath.Join(t.TempDir(), "codes.jsonl")
		require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
		channels, err := open(&output{}, Config{File: path})
		require.NoError(t, err)
		for range 2 {
			m := someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"})
			require.Equal(t, domain.SendAccepted, channels[0].Sender.Send(t.Context(), m).Result)
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		whole, found := strings.CutPrefix(string(data), want)
		require.True(t, found, "%q", data)
		require.Equal(t, 2, strings.Count(whole, "\n"))
		require.True(t, strings.HasPrefix(whole, `{"time":`), "%q", whole)
	}
}

func TestProvider_newFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "codes.jsonl")
	channels, err := open(&output{}, Config{File: path})
	require.NoError(t, err)
	require.NoFileExists(t, path, "nothing is made before there is a message")
	m := someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"})
	require.Equal(t, domain.SendAccepted, channels[0].Sender.Send(t.Context(), m).Result)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestProvider_fileThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "nowhere", "codes.jsonl"), dir} {
		_, err := open(&output{}, Config{File: path})
		require.ErrorContains(t, err, "open console.file: open "+path)
		require.ErrorContains(t, err, "name a file that can be written")
	}
}

// A pipe is opened with the first message: before, it would wait for a reader.
func TestProvider_pipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "codes")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	channels, err := open(&output{}, Config{File: path})
	require.NoError(t, err)
	reader, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer reader.Close()
	m := someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"})
	require.Equal(t, domain.SendAccepted, channels[0].Sender.Send(t.Context(), m).Result)
	var l line
	require.NoError(t, json.NewDecoder(reader).Decode(&l))
	require.Equal(t, "012345", l.Code)
}

// The folder may vanish between the check and the first message, and come back.
func TestProvider_folderThatGoes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "here")
	require.NoError(t, os.Mkdir(dir, 0o700))
	channels, err := open(&output{}, Config{File: filepath.Join(dir, "codes.jsonl")})
	require.NoError(t, err)
	require.NoError(t, os.Remove(dir))
	m := someMessage(t, domain.ChannelSMS, "+15550100000", "012345", port.MessageText{Body: "012345"})
	require.Equal(t, domain.SendUnreachable, channels[0].Sender.Send(t.Context(), m).Result)
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.Equal(t, domain.SendAccepted, channels[0].Sender.Send(t.Context(), m).Result)
}

func TestProvider(t *testing.T) {
	t.Parallel()
	require.Equal(t, "console", Provider.Name)
	cfg := Provider.Config()
	require.Equal(t, &Config{}, cfg)
	channels, err := Provider.Open(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, channels, 1)
	require.Same(t, os.Stdout, channels[0].Sender.(*Sender).terminal)
	require.Nil(t, channels[0].Sender.(*Sender).lines)
}
