package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"

	"claviger/client"
)

// reach says what a command works on: a database, or a server.
type reach struct {
	place
	Server    string `placeholder:"URL" help:"Work on this server, with the access token or API key in CLAVIGER_TOKEN or in --token-file, not on a database."`
	TokenFile string `placeholder:"FILE" help:"File that holds the access token or API key for --server."`
}

// variableToken is for commands, and no setting of a server.
const variableToken = "CLAVIGER_TOKEN"

// settings are the variables of the environment that the configuration reads.
func (c *command) settings() []string {
	var kept []string
	for _, variable := range c.environ {
		if !strings.HasPrefix(variable, variableToken+"=") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// reach returns the management operations of the server that at names or, in this
// process, of the database. The caller calls done in the end.
func (c *command) reach(ctx context.Context, at reach) (api *client.Client, done func(), err error) {
	if at.Server != "" {
		api, err = c.remote(at)
		return api, func() {}, err
	}
	if at.TokenFile != "" {
		return nil, nil, misused("--token-file goes with --server")
	}
	instance, err := c.open(ctx, at.place)
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = instance.Close() } // it has answered: what it wrote is there
	handler, err := instance.Management(operator.Name)
	if err == nil {
		api, err = client.New(client.Options{Server: "http://localhost", Transport: inProcess{handler}})
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return api, done, nil
}

// remote is the client of a server.
func (c *command) remote(at reach) (*client.Client, error) {
	if at.Data != "" || c.config != "" {
		return nil, misused("--server says that no database is meant; leave --data and --config out")
	}
	credential, err := c.credential(at.TokenFile)
	if err != nil {
		return nil, err
	}
	options := client.Options{Server: at.Server, APIKey: credential}
	if strings.Count(credential, ".") == 2 && strings.HasPrefix(credential, "ey") { // a JWT (RFC 7519 §3.1)
		options.Token, options.APIKey = credential, ""
	}
	api, err := client.New(options)
	if err != nil {
		return nil, misused("--server: %s", strings.TrimPrefix(err.Error(), "client: "))
	}
	return api, nil
}

// credential is what is presented to a server. It never is an argument, where other
// users of the machine would see it.
func (c *command) credential(file string) (string, error) {
	text := ""
	for _, variable := range c.environ {
		if value, ok := strings.CutPrefix(variable, variableToken+"="); ok {
			text = value
		}
	}
	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		text = string(content)
	}
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, "\r\n\x00") {
		return "", misused("--server needs one access token or API key, in the variable %s or in --token-file", variableToken)
	}
	return text, nil
}

// inProcess sends requests to a handler of this process.
type inProcess struct{ handler http.Handler }

// RoundTrip answers a request.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := &answer{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(answer, r)
	return &http.Response{
		StatusCode: answer.status, Header: answer.header, Body: io.NopCloser(&answer.body), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// answer collects what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }
