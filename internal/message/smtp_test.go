package message_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"
	"unicode"

	"claviger/internal/core"
	"claviger/internal/message"
	"claviger/test/testlog"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 13*60*60))

// smtpTo makes a sender to s; a host other than its address is dialled there too.
func smtpTo(t *testing.T, s *mailServer, url string) *message.SMTP {
	t.Helper()
	sender, err := message.NewSMTP(message.SMTPOptions{
		URL: strings.Replace(url, "SERVER", s.address, 1), From: "Clé Pay <no-reply@pay.example>", Roots: s.roots,
		Now: func() time.Time { return at },
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, s.address)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

var hello = message.Message{ID: "dlv_1", Channel: core.ChannelEmail, To: "ann@people.example", Subject: "Hello", Text: "Hi.\n"}

func TestMailIsReadAsItWasWritten(t *testing.T) {
	s := startMailServer(t, func(*mailServer) {})
	m := hello
	m.Subject = "Votre code de vérification pour Café de l’Étoile, à saisir dans les dix prochaines minutes"
	m.Text = "Bonjour Zoë,\n\n.\n..\n" + strings.Repeat("é=", 300) + "\nFrom here on \t\nÀ bientôt"
	if err := smtpTo(t, s, "smtp://SERVER").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	taken := s.taken()
	if len(taken) != 1 || taken[0].from != "no-reply@pay.example" || taken[0].to != m.To {
		t.Fatalf("taken: %+v", taken)
	}
	for line := range strings.Lines(taken[0].text) {
		if len(line) > 78 || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Errorf("not for every server: %q", line)
		}
	}
	read, err := netmail.ReadMessage(strings.NewReader(taken[0].text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Date": "Tue, 03 Mar 2026 16:06:07 +0000", "From": "Clé Pay <no-reply@pay.example>", "To": "<ann@people.example>",
		"Subject": m.Subject, "Message-Id": "<dlv_1@pay.example>", "Auto-Submitted": "auto-generated",
		"Mime-Version": "1.0", "Content-Type": "text/plain; charset=utf-8",
	} {
		if got, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get(name)); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if got := strings.TrimSuffix(string(body), "\n"); err != nil || got != m.Text {
		t.Errorf("text: %q, %v", got, err)
	}
}

func TestPasswordAndMailNeedTLS(t *testing.T) {
	password := "p@ss-" + testlog.Canary
	for name, tt := range map[string]struct {
		adjust func(*mailServer)
		url    string
		fine   bool
	}{
		"STARTTLS":                 {func(s *mailServer) { s.starttls = true }, "smtp://ann:PASSWORD@mail.example", true},
		"TLS":                      {func(s *mailServer) { s.implicit = true }, "smtps://ann:PASSWORD@mail.example", true},
		"STARTTLS is not offered":  {func(*mailServer) {}, "smtp://ann:PASSWORD@mail.example", false},
		"STARTTLS is refused":      {func(s *mailServer) { s.starttls = true; s.replies["STARTTLS"] = "454 later" }, "smtp://ann:PASSWORD@mail.example", false},
		"EHLO is refused":          {func(s *mailServer) { s.replies["EHLO"] = "502 no"; s.replies["HELO"] = "250 fine" }, "smtp://ann:PASSWORD@mail.example", false},
		"another's certificate":    {func(s *mailServer) { s.starttls = true }, "smtp://ann:PASSWORD@other.example", false},
		"another's, with TLS":      {func(s *mailServer) { s.implicit = true }, "smtps://ann:PASSWORD@other.example", false},
		"a server that has no TLS": {func(*mailServer) {}, "smtps://ann:PASSWORD@mail.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startMailServer(t, tt.adjust)
			err := smtpTo(t, s, strings.Replace(tt.url, "PASSWORD", strings.ReplaceAll(password, "@", "%40"), 1)).Send(t.Context(), hello)
			taken := s.taken()
			if !tt.fine {
				if err == nil || len(taken) > 0 {
					t.Errorf("sent: %v, %+v", err, taken)
				}
			} else if err != nil || len(taken) != 1 || !taken[0].tls || taken[0].user != "ann" || taken[0].password != password {
				t.Errorf("%v, %+v", err, taken)
			}
			for _, command := range []string{"AUTH", "MAIL", "RCPT"} {
				if strings.Contains(s.plainly(), command) {
					t.Errorf("%s was said without TLS", command)
				}
			}
		})
	}
}

func TestNothingCanBeAddedToAMail(t *testing.T) {
	s := startMailServer(t, func(*mailServer) {})
	sender := smtpTo(t, s, "smtp://SERVER")
	for _, to := range []string{
		"ann@people.example\r\nBcc: eve@evil.example", "ann@people.example>\r\nRCPT TO:<eve@evil.example", "ann@people.example, eve@evil.example",
		"Ann <ann@people.example>", "<ann@people.example>", "ann@people.example\n", " ann@people.example", "ann", "", "@people.example",
		"ann@péople.example", "ann\x00@people.example", "\"ann\r\nX: y\"@people.example", "ann@people.example (eve)",
	} {
		m := hello
		m.To = to
		if err := sender.Send(t.Context(), m); !errors.Is(err, message.ErrRefused) || strings.Contains(err.Error(), "\n") {
			t.Errorf("to %q: %v", to, err)
		}
	}
	m := hello
	m.ID = "x@y>\r\nBcc: <eve@evil.example"
	m.Subject = "Code\r\nBcc: eve@evil.example\r\n\r\nclick here\u0085\u2028"
	m.Text = "a\r\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<eve@evil.example>\nb\n"
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	taken := s.taken()
	if len(taken) != 1 || taken[0].to != hello.To {
		t.Fatalf("taken: %+v", taken)
	}
	read, err := netmail.ReadMessage(strings.NewReader(taken[0].text))
	if err != nil || len(read.Header["Bcc"]) > 0 || len(read.Header["Message-Id"]) > 0 {
		t.Errorf("%v, header %v", err, read.Header)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil || strings.ContainsFunc(subject, unicode.IsControl) {
		t.Errorf("subject %q, %v", subject, err)
	}
	body, _ := io.ReadAll(quotedprintable.NewReader(read.Body))
	if want := strings.ReplaceAll(m.Text, "\r\n", "\n"); string(body) != want {
		t.Errorf("text: %q", body)
	}
}

func TestRefusedMailIsToldFromTrouble(t *testing.T) {
	for _, tt := range []struct {
		command, reply string
		refused        bool
		want           string
	}{
		{"RCPT", "550 5.1.1 no such user, c4n4ry", true, "mail: the server answered RCPT with 550 5.1.1: refused"},
		{"RCPT", "451 4.7.1 greylisted c4n4ry", false, "mail: the server answered RCPT with 451 4.7.1"},
		{"DATA", "554 c4n4ry", true, "mail: the server answered DATA with 554: refused"},
		{".", "554 5.7.1 spam: c4n4ry", true, "mail: the server answered DATA with 554 5.7.1: refused"},
		{".", "452 4.3.1 disk full", false, "mail: the server answered DATA with 452 4.3.1"},
		{"MAIL", "550 5.7.1 c4n4ry", false, "mail: the server answered MAIL with 550 5.7.1"},
		{"AUTH", "535 5.7.8 wrong password c4n4ry", false, "mail: the server answered AUTH with 535 5.7.8"},
		{"greeting", "554 go away c4n4ry", false, "mail: the server answered greeting with 554"},
		{"greeting", "2hello c4n4ry", false, "mail: the server answered greeting with what is not SMTP"},
	} {
		s := startMailServer(t, func(s *mailServer) { s.implicit, s.replies[tt.command] = true, tt.reply })
		err := smtpTo(t, s, "smtps://ann:c4n4ry@mail.example").Send(t.Context(), hello)
		if err == nil || err.Error() != tt.want || errors.Is(err, message.ErrRefused) != tt.refused {
			t.Errorf("%s answered %q: %v", tt.command, tt.reply, err)
		}
	}
}

func TestMailThatWasTakenIsSent(t *testing.T) {
	s := startMailServer(t, func(s *mailServer) { s.hangUp = true })
	if err := smtpTo(t, s, "smtp://SERVER").Send(t.Context(), hello); err != nil {
		t.Errorf("the server took it and hung up: %v", err)
	}
}

func TestI04_SilentMailServerIsLeft(t *testing.T) {
	for _, url := range []string{"smtp://SERVER", "smtps://mail.example"} {
		s := startMailServer(t, func(s *mailServer) { s.silent = true })
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := smtpTo(t, s, url).Send(ctx, hello)
		if waited := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || waited > patience/2 {
			t.Errorf("%s: %v after %s", url, err, waited)
		}
	}
}

func TestSMTPOptionsAreChecked(t *testing.T) {
	const password = testlog.Canary + "-smtp"
	for _, tt := range []struct{ url, from, want string }{
		{"smtp://u:" + password + "@h:587", "a@b.example", ""},
		{"smtps://h/", "A <a@b.example>", ""},
		{"smtp://[::1]:2525", "a@b.example", ""},
		{"smtp://u:" + password + "%@h", "a@b.example", "cannot be read"},
		{"http://u:" + password + "@h", "a@b.example", "must begin with smtp:// or smtps://"},
		{"smtp://u:" + password + "@h/path", "a@b.example", "must be smtp://"},
		{"smtp://u:" + password + "@", "a@b.example", "must be smtp://"},
		{"smtp://" + password + "@h", "a@b.example", "a user without a password"},
		{"smtp://h", "nobody", "the sender of mails"},
		{"smtp://h", "a@b.example\r\nBcc: c@d.example", "the sender of mails"},
	} {
		_, err := message.NewSMTP(message.SMTPOptions{URL: tt.url, From: tt.from, Now: time.Now})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.url, err)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}
