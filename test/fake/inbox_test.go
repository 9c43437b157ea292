package fake_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestInbox_contract(t *testing.T) {
	t.Parallel()
	contract.CodeSender(t, contract.SenderSetup{
		Channel: domain.Channel{Name: domain.ChannelSMS, Kind: domain.KindPhone},
		Open: func(t testing.TB) contract.SenderUnderTest {
			inbox := fake.NewInbox()
			return contract.SenderUnderTest{
				Sender: inbox,
				Received: func() (list []contract.Handed) {
					for _, l := range inbox.Letters() {
						list = append(list, contract.Handed{To: []string{l.To}, Text: l.Text.Body})
					}
					return list
				},
				Hang: func() { t.Cleanup(inbox.Hang()) },
				Reset: func() {
					inbox.Answer(port.SendOutcome{Result: domain.SendUnknown, Err: context.DeadlineExceeded})
				},
				Garble: func() { inbox.Answer(port.SendOutcome{Result: domain.SendUnknown, Err: context.DeadlineExceeded}) },
				Fail:   func() { inbox.Answer(port.SendOutcome{Result: domain.SendRejected, Err: context.Canceled}) },
			}
		},
	})
}

func send(t testing.TB, inbox *fake.Inbox, to, code string) domain.SendResult {
	recipient, err := domain.ParseIdentifier(to)
	require.NoError(t, err)
	return inbox.Send(t.Context(), port.CodeMessage{
		To: recipient, Code: domain.NewCode(code),
		Compose: func() (port.MessageText, error) { return port.MessageText{Body: code}, nil },
	}).Result
}

func TestInbox_code(t *testing.T) {
	t.Parallel()
	inbox := fake.NewInbox()
	send(t, inbox, "ada@example.com", "111111")
	send(t, inbox, "+15550100000", "222222")
	send(t, inbox, "Ada@Example.com", "333333")
	require.Equal(t, "333333", inbox.Code(t, "ada@example.com"), "the newest")
	require.Equal(t, "222222", inbox.Code(t, "+15550100000"))
	send(t, inbox, "ada@example.com", "333333")
	require.Equal(t, "333333", inbox.Code(t, "ada@example.com"), "the same code once more")
	require.Len(t, inbox.Wait(t, 4), 4)

	inbox.Answer(port.SendOutcome{Result: domain.SendUnknown})
	require.Equal(t, domain.SendUnknown, send(t, inbox, "ada@example.com", "444444"))
	inbox.Answer(port.SendOutcome{Result: domain.SendRejected})
	require.Equal(t, domain.SendRejected, send(t, inbox, "ada@example.com", "555555"))
	inbox.AnswerWith(nil)
	require.Equal(t, domain.SendAccepted, send(t, inbox, "+15550100000", "666666"))
	require.Equal(t, "444444", inbox.Code(t, "ada@example.com"), "a refused one is not delivered")
}

func TestInbox_waits(t *testing.T) {
	t.Parallel()
	inbox := fake.NewInbox()
	var all sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		to := "+1555010000" + string(rune('0'+i))
		all.Go(func() { got[i] = inbox.Code(t, to) })
		all.Go(func() { send(t, inbox, to, "12345"+string(rune('0'+i))) })
	}
	all.Wait()
	for i, code := range got {
		require.Equal(t, "12345"+string(rune('0'+i)), code)
	}
}

func TestInbox_waitEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inbox := fake.NewInbox()
		send(t, inbox, "+15550100000", "111111")
		inbox.Code(t, "+15550100000")
		for _, to := range []string{"ada@example.com", "+15550100000"} {
			start := time.Now()
			r := &failing{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				inbox.Code(r, to)
			}()
			<-done
			require.True(t, r.failed, "a message that does not come fails the test")
			require.Equal(t, fake.Patience, time.Since(start))
		}
	})
}

func TestInbox_hang(t *testing.T) {
	t.Parallel()
	inbox := fake.NewInbox()
	release := inbox.Hang()
	results := make(chan domain.SendResult)
	go func() { results <- send(t, inbox, "+15550100000", "111111") }()
	require.Equal(t, "111111", inbox.Code(t, "+15550100000"), "it has been taken")
	release()
	require.Equal(t, domain.SendAccepted, <-results)
	require.Equal(t, domain.SendAccepted, send(t, inbox, "+15550100000", "222222"), "it answers again")
	release()
	letters := inbox.Letters()
	require.Equal(t, domain.SendTimeout, letters[0].Result, "while it hung")
	require.Equal(t, domain.SendAccepted, letters[1].Result)
}
