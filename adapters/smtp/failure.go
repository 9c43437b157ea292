package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// protocolError is an error text of this package, which is safe to show.
type protocolError string

// Error is the text.
func (e protocolError) Error() string { return string(e) }

const (
	errNoMechanism protocolError = "the server offers neither PLAIN nor LOGIN"
	errNoStartTLS  protocolError = "the server does not offer STARTTLS"
	errNoTLS       protocolError = "the server does not speak TLS there"
	errGarbage     protocolError = "an answer that is not one of SMTP or TLS"
	errHungUp      protocolError = "the server hung up"
)

// failure is a failed submission.
type failure struct {
	at       step
	code     int    // reply code, 0 without a reply
	enhanced [3]int // enhanced status code (RFC 3463), zeros without one
	cause    error  // without a reply
}

// newFailure keeps the safe parts of an error: a reply may quote the code, the password
// or the recipient.
func newFailure(ctx context.Context, at step, err error) *failure {
	f := &failure{at: at}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		f.code, f.enhanced = answer.Code, enhancedCode(answer)
		return f
	}
	if f.cause = ctx.Err(); f.cause == nil {
		f.cause = safeCause(err)
	}
	return f
}

func safeCause(err error) error {
	var own protocolError
	var network *net.OpError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &network):
		return network
	case errors.As(err, &record):
		return errNoTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errHungUp
	default:
		return errGarbage
	}
}

// enhancedCode parses "5.1.1" at the start of a reply.
func enhancedCode(answer *textproto.Error) (code [3]int) {
	first, _, _ := strings.Cut(answer.Msg, " ")
	parts := strings.Split(first, ".")
	if len(parts) != len(code) || parts[0] != strconv.Itoa(answer.Code/100) {
		return [3]int{}
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 10)
		if err != nil || len(part) > 3 {
			return [3]int{}
		}
		code[i] = int(n)
	}
	return code
}

// Error names the step, the codes and the cure, if known.
func (f *failure) Error() string {
	var text string
	switch {
	case f.code == 0:
		text = fmt.Sprintf("%s: %v", f.at, f.cause)
	case f.enhanced[0] == 0:
		text = fmt.Sprintf("%s: the server answered %d", f.at, f.code)
	default:
		e := f.enhanced
		text = fmt.Sprintf("%s: the server answered %d %d.%d.%d", f.at, f.code, e[0], e[1], e[2])
	}
	if cure := f.Cure(); cure != "" {
		text += ": " + cure
	}
	return text
}

// Cure is what the operator can do, "" if unknown.
func (f *failure) Cure() string {
	var certificate *tls.CertificateVerificationError
	switch {
	case f.at == authentication && f.code/100 == 5:
		return "check smtp.username and smtp.password"
	case errors.Is(f.cause, errNoMechanism):
		return "take smtp.username out, or set smtp.tls to what the server wants first"
	case errors.Is(f.cause, errNoStartTLS):
		return "set smtp.tls to what the server does at smtp.port: tls, usual at 465, or none, if it is on this machine"
	case errors.Is(f.cause, errNoTLS):
		return "set smtp.tls to what the server does at smtp.port: starttls, usual at 587"
	case errors.As(f.cause, &certificate):
		return certificateCure(certificate)
	case f.at == greeting && (errors.Is(f.cause, context.DeadlineExceeded) || errors.Is(f.cause, errHungUp)):
		return "check smtp.port and smtp.tls, for a server that waits for TLS says nothing first"
	case errors.Is(f.cause, errGarbage) && (f.at == greeting || f.at == hello || f.at == encryption):
		return "check smtp.host, smtp.port and smtp.tls, for it looks like a server of another kind"
	default:
		return ""
	}
}

// certificateCure is what the operator can do about an untrusted certificate.
func certificateCure(err error) string {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "set smtp.host to the name in its certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the certificate of the server, or set the clock of this machine right"
	default:
		return "add the certificate of its issuer to the trust store of this machine, or set SSL_CERT_FILE to its path"
	}
}

// Unwrap is the cause without a reply.
func (f *failure) Unwrap() error { return f.cause }

// result implements the table of the package.
func (f *failure) result() domain.SendResult {
	switch {
	case errors.Is(f.cause, errNoMechanism):
		return domain.SendAuthenticationFailed
	case f.code/100 == 4:
		return f.temporary()
	case f.code/100 == 5:
		return f.permanent()
	case f.at != ending:
		return domain.SendUnreachable
	case errors.Is(f.cause, context.DeadlineExceeded), errors.Is(f.cause, context.Canceled):
		return domain.SendTimeout
	default:
		return domain.SendUnknown
	}
}

// Subjects of enhanced status codes (RFC 3463, 3).
const (
	aboutAddress = 1
	aboutMailbox = 2
	aboutPolicy  = 7
)

func (f *failure) temporary() domain.SendResult {
	switch {
	case f.enhanced[1] == aboutAddress, f.enhanced[1] == aboutMailbox:
		return domain.SendRejected // a full mailbox is no fault of ours
	case f.code == 421 && f.enhanced[1] != aboutPolicy:
		return domain.SendUnreachable // the server shuts down
	default:
		return domain.SendRateLimited
	}
}

func (f *failure) permanent() domain.SendResult {
	switch f.at {
	case greeting, hello, encryption:
		return domain.SendUnreachable
	case authentication:
		return domain.SendAuthenticationFailed
	}
	switch {
	case f.code == 530, f.code == 534, f.code == 535, f.code == 538:
		return domain.SendAuthenticationFailed // RFC 4954
	case f.at == recipient && f.enhanced[1] == aboutAddress && f.enhanced[2] != 7 && f.enhanced[2] != 8:
		return domain.SendInvalidRecipient // 5.1.7 and 5.1.8 are about the sender
	default:
		return domain.SendRejected
	}
}
