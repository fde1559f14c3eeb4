package server

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"claviger/internal/console"
	"claviger/internal/dialect"
	"claviger/oauth"
)

// longestTry bounds a request that is tried, in bytes.
const longestTry = 16 << 10

// try sends a request, written as it is on the wire, to a route of a dialect: within
// this process, but past every edge that one from outside passes. The rate limits, the
// gate of wrong secrets and the audit trail are the same, and so is what it does.
func (s *Server) try(ctx context.Context, d *dialect.Dialect, raw string) (*console.Tried, error) {
	request, body, err := readRequest(ctx, raw)
	if err != nil {
		return nil, err
	}
	if !routed(d, request) {
		return nil, malformed("It is not to a route of this dialect.")
	}
	issuer, err := url.Parse(s.config.Issuer)
	if err != nil {
		return nil, err
	}
	request.Host, request.URL.Host, request.RequestURI = issuer.Host, "", request.URL.RequestURI()
	request.RemoteAddr = net.JoinHostPort(oauth.SourceOf(ctx).IP, "0") // it counts as who asks, and as nobody else
	answer := &recorder{header: http.Header{}}
	s.handler.ServeHTTP(answer, request)
	secrets := secretsIn(raw, body)
	return &console.Tried{Request: redact(raw, secrets), Reply: redact(answer.text(), secrets), Status: answer.status}, nil
}

func malformed(text string) error {
	return oauth.NewError(oauth.ReasonInvalidValue).At("request").Describe(text)
}

// forwarded are what a proxy says of a request: nobody is one here.
var forwarded = []string{"Cookie", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Content-Length", "Transfer-Encoding", "Connection"}

// readRequest reads a request as it is written: a line, headers, an empty line, a body.
func readRequest(ctx context.Context, raw string) (*http.Request, string, error) {
	if len(raw) > longestTry {
		return nil, "", malformed("It is too long.")
	}
	head, body, _ := strings.Cut(strings.TrimLeft(raw, "\n"), "\n\n")
	body = strings.TrimSuffix(body, "\n")
	first, rest, _ := strings.Cut(head, "\n")
	words := strings.Fields(first)
	if len(words) < 2 || !strings.HasPrefix(words[1], "/") {
		return nil, "", malformed("The first line is a method and a path, such as POST /auth/token HTTP/1.1.")
	}
	request, err := http.NewRequestWithContext(ctx, words[0], words[1], bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, "", malformed("The first line is a method and a path, such as POST /auth/token HTTP/1.1.")
	}
	for line := range strings.Lines(rest) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		name = textproto.CanonicalMIMEHeaderKey(name)
		if !ok || strings.ContainsFunc(name, invisible) {
			return nil, "", malformed("A header is a name, a colon and a value.")
		}
		if !slices.Contains(forwarded, name) {
			request.Header.Add(name, strings.TrimSpace(value))
		}
	}
	if body == "" {
		request.Body, request.ContentLength = http.NoBody, 0
	}
	return request, body, nil
}

// routed reports whether a request is to a route of a dialect.
func routed(d *dialect.Dialect, r *http.Request) bool {
	mux := http.NewServeMux()
	for _, route := range d.Routes {
		mux.Handle(route.Method+" "+route.Path(), http.NotFoundHandler())
	}
	_, pattern := mux.Handler(r)
	return pattern != ""
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// text is the answer as it is on the wire.
func (r *recorder) text() string {
	r.WriteHeader(http.StatusOK)
	var head bytes.Buffer
	_ = r.header.Write(&head) // a buffer takes all
	return fmt.Sprintf("HTTP/1.1 %d %s\n%s\n%s", r.status, http.StatusText(r.status), strings.ReplaceAll(head.String(), "\r\n", "\n"), r.body.String())
}

const hidden = "(hidden)"

// What is secret in a request or an answer, by how it looks or by what it is called.
var (
	secretHeader = regexp.MustCompile(`(?im)^((?:proxy-)?authorization|x-api-key|api-key|x-[a-z-]*(?:token|secret|key)|cookie|set-cookie):[ \t]*(?:(basic|bearer)[ \t]+)?(\S.*)$`)
	secretMember = regexp.MustCompile(`(?i)("[a-z_-]*(?:secret|pass|token|assertion|verifier|api_?key|otp|code)[a-z_-]*"\s*:\s*")((?:[^"\\]|\\.)*)(")`)
	secretField  = regexp.MustCompile(`(?im)((?:^|[&?\n])[a-z_-]*(?:secret|pass|token|assertion|verifier|api_?key|otp|code)[a-z_-]*=)([^&\s]*)`)
	secretForm   = regexp.MustCompile(`clv_[a-z]+_[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*`)
)

// plainMembers are called like secrets and are none.
var plainMembers = regexp.MustCompile(`(?i)token_type|error_code|org_?code|code_challenge_method|status_?code|response_?code|currency_?code|app_?code|"code"\s*:\s*"[A-Z_0-9]{1,40}"|expires`)

// secretsIn are the secrets that a request holds, as they were sent: an answer that
// repeats one must not show it either.
func secretsIn(raw, body string) []string {
	var found []string
	for _, match := range secretHeader.FindAllStringSubmatch(raw, -1) {
		found = append(found, match[3])
	}
	for _, pattern := range []*regexp.Regexp{secretMember, secretField} {
		for _, match := range pattern.FindAllStringSubmatch(body, -1) {
			if !plainMembers.MatchString(match[1]) {
				found = append(found, match[2])
			}
		}
	}
	return slices.DeleteFunc(found, func(s string) bool { return len(s) < 6 })
}

// redact leaves secrets out of a text.
func redact(text string, secrets []string) string {
	text = secretHeader.ReplaceAllStringFunc(text, func(line string) string {
		match := secretHeader.FindStringSubmatch(line)
		return strings.TrimSpace(match[1]+": "+match[2]) + " " + hidden
	})
	for _, pattern := range []*regexp.Regexp{secretMember, secretField} {
		text = pattern.ReplaceAllStringFunc(text, func(part string) string {
			if plainMembers.MatchString(part) {
				return part
			}
			match := pattern.FindStringSubmatch(part)
			return match[1] + hidden + strings.Join(match[3:], "")
		})
	}
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, hidden)
	}
	return secretForm.ReplaceAllString(text, hidden)
}
