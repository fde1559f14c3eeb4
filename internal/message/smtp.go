package message

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"regexp"
	"time"
)

// How the connection to a mail server becomes safe.
const (
	withSTARTTLS = iota // required: a server that does not offer it gets nothing
	withTLS             // from the first byte
	withoutTLS          // this machine alone
)

// SMTP sends mails through one server, one connection for each.
type SMTP struct {
	host, address string // "mail.example", "mail.example:587"
	security      int
	auth          smtp.Auth // nil: none
	from          *mail.Address
	tls           *tls.Config
	dial          func(ctx context.Context, network, address string) (net.Conn, error)
	now           func() time.Time
}

// SMTPOptions are those of NewSMTP. Roots and Dial are for tests; nil means the
// system's.
type SMTPOptions struct {
	// URL is smtp://user:password@host:587 with STARTTLS, which is required;
	// smtps://user:password@host:465 with TLS; or smtp://127.0.0.1:25, where this
	// machine alone may be spoken to without.
	URL   string
	From  string // "Claviger <no-reply@example.com>"
	Now   func() time.Time
	Roots *x509.CertPool
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
}

// NewSMTP checks the options; it does not connect. Its errors do not hold the
// URL, which may hold a password.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("the URL of the mail server cannot be read; encode special characters of the password, as in %40")
	}
	if u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the URL of the mail server must be smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := &SMTP{host: u.Hostname(), dial: o.Dial, now: o.Now}
	switch {
	case u.Scheme == "smtps":
		s.security, s.address = withTLS, hostPort(u, "465")
	case u.Scheme == "smtp" && isLoopback(s.host):
		s.security, s.address = withoutTLS, hostPort(u, "25")
	case u.Scheme == "smtp":
		s.security, s.address = withSTARTTLS, hostPort(u, "587")
	default:
		return nil, errors.New("the URL of the mail server must begin with smtp:// or smtps://")
	}
	if s.from, err = sender(o.From); err != nil {
		return nil, err
	}
	if u.User != nil {
		password, ok := u.User.Password()
		if !ok {
			return nil, errors.New("the URL of the mail server has a user without a password")
		}
		s.auth = smtp.PlainAuth("", u.User.Username(), password, s.host)
	}
	s.tls = &tls.Config{ServerName: s.host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	if s.dial == nil {
		s.dial = (&net.Dialer{}).DialContext
	}
	return s, nil
}

func sender(from string) (*mail.Address, error) {
	address, err := mail.ParseAddress(from)
	if err != nil || !isASCII(address.Address) {
		return nil, errors.New(`the sender of mails must be an address, as in "Claviger <no-reply@example.com>"`)
	}
	return address, nil
}

// Send makes one attempt. It is ErrRefused when the server said for good that
// it does not take this mail, or this address.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	text, err := compose(m, s.from, s.now())
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	conn, err := s.dial(ctx, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	defer func() { _ = conn.Close() }()
	// The end of ctx ends whatever is being waited for on the connection.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err = s.converse(conn, m.To, text)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("mail: %w", context.Cause(ctx))
	}
	return err
}

func (s *SMTP) converse(conn net.Conn, to string, text []byte) error {
	client, err := s.greet(conn)
	if err != nil {
		return err
	}
	if err := client.Mail(s.from.Address); err != nil {
		return failure("MAIL", err)
	}
	if err := client.Rcpt(to); err != nil {
		return refusal("RCPT", err)
	}
	body, err := client.Data()
	if err != nil {
		return refusal("DATA", err)
	}
	if _, err := body.Write(text); err != nil {
		return failure("DATA", err)
	}
	if err := body.Close(); err != nil {
		return refusal("DATA", err)
	}
	_ = client.Quit() // the server has taken the mail already
	return nil
}

// greet brings a connection to where mails can be sent: safe and signed in.
func (s *SMTP) greet(conn net.Conn) (*smtp.Client, error) {
	if s.security == withTLS {
		conn = tls.Client(conn, s.tls)
	}
	client, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, failure("greeting", err)
	}
	if err := client.Hello(domainOf(s.from)); err != nil {
		return nil, failure("EHLO", err)
	}
	if s.security == withSTARTTLS {
		// Without it anybody on the way could read the codes (RFC 3207 §6).
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return nil, errors.New("mail: the server does not offer STARTTLS")
		}
		if err := client.StartTLS(s.tls); err != nil {
			return nil, failure("STARTTLS", err)
		}
	}
	if s.auth == nil {
		return client, nil
	}
	if err := client.Auth(s.auth); err != nil {
		return nil, failure("AUTH", err)
	}
	return client, nil
}

// enhancedCode begins the text of many replies (RFC 3463).
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// failure says at which command the server failed, and with which codes. The
// words of the server are left out: they may repeat a password or a text.
func failure(command string, err error) error {
	var reply *textproto.Error
	var odd textproto.ProtocolError
	switch {
	case errors.As(err, &reply):
		text := fmt.Sprintf("mail: the server answered %s with %d", command, reply.Code)
		if code := enhancedCode.FindString(reply.Msg); code != "" {
			text += " " + code
		}
		return errors.New(text)
	case errors.As(err, &odd):
		return fmt.Errorf("mail: the server answered %s with what is not SMTP", command)
	}
	return fmt.Errorf("mail: %s: %w", command, err)
}

// refusal is failure where a 5xx is about the mail itself.
func refusal(command string, err error) error {
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code/100 == 5 {
		return fmt.Errorf("%w: %w", failure(command, err), ErrRefused)
	}
	return failure(command, err)
}
