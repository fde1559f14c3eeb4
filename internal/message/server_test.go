package message_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer speaks the server's half of SMTP (RFC 5321, RFC 3207, RFC 4954).
type mailServer struct {
	address string
	roots   *x509.CertPool // that its certificate, for mail.example, is in
	tls     *tls.Config

	starttls, implicit bool
	silent             bool              // it takes connections and says nothing
	hangUp             bool              // it closes the connection when it has taken a mail
	replies            map[string]string // by command; "." is the end of the text

	mu    sync.Mutex
	lines []string // what it read without TLS
	mails []mail
}

// patience is how long the server waits for a client, so that no test hangs.
const patience = 20 * time.Second

type mail struct {
	tls                      bool
	user, password, from, to string
	text                     string
}

func startMailServer(t *testing.T, adjust func(*mailServer)) *mailServer {
	t.Helper()
	s := &mailServer{replies: map[string]string{}}
	s.certify(t)
	adjust(s)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return s
}

func (s *mailServer) certify(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"mail.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certificate)
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// dialogue is one connection.
type dialogue struct {
	server *mailServer
	conn   net.Conn
	text   *textproto.Conn
	mail   mail
}

func (s *mailServer) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if s.silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	d := &dialogue{server: s, conn: conn}
	if s.implicit {
		d.secure()
	}
	d.text = textproto.NewConn(d.conn)
	d.reply("greeting", "220 mail.example ESMTP")
	for {
		line, err := d.text.ReadLine()
		if err != nil {
			return
		}
		if !d.mail.tls {
			s.mu.Lock()
			s.lines = append(s.lines, line)
			s.mu.Unlock()
		}
		if !d.obey(line) {
			return
		}
	}
}

func (d *dialogue) secure() {
	d.conn = tls.Server(d.conn, d.server.tls)
	d.mail.tls = true
}

// reply answers a command as the test says, else with usual.
func (d *dialogue) reply(command, usual string) (accepted bool) {
	reply, ok := d.server.replies[command]
	if !ok {
		reply = usual
	}
	_ = d.text.PrintfLine("%s", reply)
	return reply[0] == '2' || reply[0] == '3'
}

func (d *dialogue) obey(line string) (goOn bool) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO":
		extensions := "250-mail.example\r\n250-AUTH PLAIN\r\n250 8BITMIME"
		if d.server.starttls && !d.mail.tls {
			extensions = "250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME"
		}
		d.reply(verb, extensions)
	case "STARTTLS":
		if d.reply(verb, "220 go ahead") {
			d.secure()
			d.text = textproto.NewConn(d.conn)
		}
	case "AUTH":
		raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
		if parts := strings.Split(string(raw), "\x00"); len(parts) == 3 {
			d.mail.user, d.mail.password = parts[1], parts[2]
		}
		d.reply(verb, "235 2.7.0 welcome")
	case "MAIL":
		d.mail.from = between(rest, "<", ">")
		d.reply(verb, "250 2.1.0 fine")
	case "RCPT":
		d.mail.to = between(rest, "<", ">")
		d.reply(verb, "250 2.1.5 fine")
	case "DATA":
		if d.reply(verb, "354 go ahead") {
			return d.data()
		}
	case "QUIT":
		d.reply(verb, "221 bye")
		return false
	default:
		d.reply(verb, "500 what?")
	}
	return true
}

func (d *dialogue) data() (goOn bool) {
	text, err := d.text.ReadDotBytes()
	if err != nil {
		return false
	}
	d.mail.text = string(text)
	if d.reply(".", "250 2.0.0 taken") {
		d.server.mu.Lock()
		d.server.mails = append(d.server.mails, d.mail)
		d.server.mu.Unlock()
	}
	return !d.server.hangUp
}

func between(text, start, end string) string {
	_, text, _ = strings.Cut(text, start)
	text, _, _ = strings.Cut(text, end)
	return text
}

func (s *mailServer) taken() []mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// plainly returns what the server read without TLS.
func (s *mailServer) plainly() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}
