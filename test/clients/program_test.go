package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// outcome is what the programs print in the end.
type outcome struct {
	SignedIn        tokenPair         `json:"signed_in"`
	Claims          map[string]any    `json:"claims"`    // of the ID token
	UserInfo        map[string]any    `json:"user_info"` //
	Pushed          []bool            `json:"pushed"`    // whether the requests of the sign-ins were
	Renewed         tokenPair         `json:"renewed"`
	RefreshRefused  string            `json:"refresh_refused"`   // after the revocation: the code of the error
	UserInfoRefused string            `json:"user_info_refused"` // after the revocation: status or code
	SignedOut       string            `json:"signed_out"`        // where the browser was sent
	Silent          map[string]string `json:"silent"`            // answer to prompt=none after that
}

type tokenPair struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

func TestCP_7_Node(t *testing.T) {
	i := newInstallation(t)
	v := i.visitor(t)
	got := i.converse(t, v, nodeProgram(t, "openid-client.mjs", i.issuer, "service-es256", i.secret, i.site))
	i.wantSignedIn(t, got)
	if len(got.Pushed) != 2 || got.Pushed[0] || !got.Pushed[1] {
		t.Errorf("pushed: %v", got.Pushed)
	}
	if asked := strings.Join(v.asked, ", "); asked != "sign in, approve" {
		t.Errorf("over three sign-ins the person had to %s", asked)
	}
}

func TestCP_7_Python(t *testing.T) {
	i := newInstallation(t)
	i.wantSignedIn(t, i.converse(t, i.visitor(t), pythonProgram(t, "authlib_client.py", i.issuer, "service-rs256", i.secret, i.site)))
}

func (i *installation) wantSignedIn(t *testing.T, got outcome) {
	t.Helper()
	if got.Claims["iss"] != i.issuer || got.Claims["sub"] == "" || got.Claims["sub"] != got.UserInfo["sub"] {
		t.Errorf("ID token %v", got.Claims)
	}
	if got.UserInfo["email"] != person || got.UserInfo["email_verified"] != true || got.UserInfo["given_name"] != "Kiri" {
		t.Errorf("userinfo %v", got.UserInfo)
	}
	if got.Renewed.Access == got.SignedIn.Access || got.Renewed.Refresh == got.SignedIn.Refresh || got.Renewed.Refresh == "" {
		t.Error("the refresh gave a token that was there before")
	}
	if got.RefreshRefused != "invalid_grant" {
		t.Errorf("a revoked refresh token is answered %q", got.RefreshRefused)
	}
	if !strings.Contains(got.UserInfoRefused, "401") && !strings.Contains(got.UserInfoRefused, "invalid_token") {
		t.Errorf("userinfo answers a revoked access token with %q", got.UserInfoRefused)
	}
	if !strings.HasPrefix(got.SignedOut, i.site+"/service/") {
		t.Errorf("after signing out the browser is at %q", got.SignedOut)
	}
	if got.Silent["error"] != "login_required" {
		t.Errorf("after signing out prompt=none is answered %v", got.Silent)
	}
}

// converse runs a program, opens the pages that it asks for, and returns what it
// prints in the end.
func (i *installation) converse(t *testing.T, v *visitor, command *exec.Cmd) (out outcome) {
	t.Helper()
	var complaints strings.Builder
	command.Stderr = &complaints
	answers, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	printed, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line := ""
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		var wish struct{ Open string }
		if line = lines.Text(); json.Unmarshal([]byte(line), &wish) != nil || wish.Open == "" {
			continue
		}
		to, values := v.goes(t, wish.Open)
		answer := map[string]string{}
		for name := range values {
			answer[name] = values.Get(name)
		}
		if err := json.NewEncoder(answers).Encode(map[string]any{"to": to, "answer": answer}); err != nil {
			break
		}
	}
	if err := command.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(command.Path), err, complaints.String())
	}
	if err := json.Unmarshal([]byte(line), &out); err != nil {
		t.Fatalf("it printed %q: %v", line, err)
	}
	return out
}

// run runs a program that asks for nothing and prints JSON.
func run(t *testing.T, into any, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Env = environment()
	var complaints strings.Builder
	command.Stderr = &complaints
	text, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, complaints.String())
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s printed %q: %v", program, text, err)
	}
}

// environment is that of this process, for programs that are to reach servers of
// this machine.
func environment(more ...string) []string {
	return append(append(os.Environ(), "NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost"), more...)
}
