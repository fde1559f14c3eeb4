package message

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
	"unicode"
)

const (
	longestSubject     = 200 // characters; the rest is cut off
	longestEncodedLine = 76  // RFC 2047 §2
)

// compose writes the mail for m (RFC 5322): UTF-8 text, quoted-printable.
func compose(m Message, from *mail.Address, at time.Time) ([]byte, error) {
	to, err := bareAddress(m.To)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrRefused)
	}
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("Date", at.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("From", from.String())
	header("To", to.String())
	header("Subject", encodeSubject(m.Subject))
	if isMessageID(m.ID) {
		header("Message-ID", "<"+m.ID+"@"+domainOf(from)+">") // the same at each attempt
	}
	header("Auto-Submitted", "auto-generated") // RFC 3834 §5: no out-of-office replies
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	if _, err := body.Write([]byte(m.Text)); err != nil {
		return nil, err
	}
	if err := body.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// bareAddress reads an address that is nothing else: no name, no list, nothing
// that a header or a command could end at.
func bareAddress(text string) (*mail.Address, error) {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || !isASCII(text) {
		return nil, errors.New("not a plain ASCII email address")
	}
	return address, nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// encodeSubject makes one header value of any text (RFC 2047): control
// characters become spaces, and encoded words get lines of their own.
func encodeSubject(subject string) string {
	subject = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, subject)
	if runes := []rune(subject); len(runes) > longestSubject {
		subject = string(runes[:longestSubject])
	}
	value := strings.ReplaceAll(mime.QEncoding.Encode("utf-8", subject), "?= =?", "?=\r\n =?")
	if line, _, _ := strings.Cut(value, "\r\n"); len("Subject: ")+len(line) > longestEncodedLine && strings.HasPrefix(line, "=?") {
		return "\r\n " + value
	}
	return value
}

// isMessageID reports whether id may stand left of the @ (RFC 5322 §3.2.3).
func isMessageID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	})
}

func domainOf(a *mail.Address) string { return a.Address[strings.LastIndexByte(a.Address, '@')+1:] }
