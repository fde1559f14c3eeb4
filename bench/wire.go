package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// wire sends single requests, to prepare and to check what is loaded.
type wire struct {
	base string
	http *http.Client
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func newWire(base string) *wire {
	return &wire{base: base, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends a request once; of many, the first.
func (w *wire) send(ctx context.Context, r request) (reply, error) {
	r = r.first()
	sent, err := http.NewRequestWithContext(ctx, r.method, w.base+r.path, strings.NewReader(r.body))
	if err != nil {
		return reply{}, err
	}
	for name, value := range r.header {
		sent.Header.Set(name, value)
	}
	answer, err := w.http.Do(sent)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(text)}, err
}

// fetch sends a request whose answer is JSON, and has it looked at.
func (w *wire) fetch(ctx context.Context, r request, into any, check func(reply) error) error {
	answer, err := w.send(ctx, r)
	if err == nil {
		err = check(answer)
	}
	if err == nil {
		err = json.Unmarshal([]byte(answer.body), into)
	}
	return err
}

// form is a POST of a form.
func form(path string, pairs ...string) request {
	values := url.Values{}
	for at := 0; at < len(pairs); at += 2 {
		values.Set(pairs[at], pairs[at+1])
	}
	return request{
		method: http.MethodPost, path: path, body: values.Encode(),
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
	}
}

// get is a GET with headers.
func get(path string, headers ...string) request {
	r := request{method: http.MethodGet, path: path, header: map[string]string{}}
	for at := 0; at < len(headers); at += 2 {
		r.header[headers[at]] = headers[at+1]
	}
	return r
}

func wrong(answer reply, want string) error {
	return fmt.Errorf("answered %d %.300s, not with %s", answer.status, answer.body, want)
}
