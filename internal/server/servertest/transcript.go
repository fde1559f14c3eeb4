package servertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the answers that the server gives into the transcripts")

// Updating reports whether the transcripts are being written rather than compared.
func Updating() bool { return *update }

// RunTranscript plays a transcript against the server and compares every answer
// byte for byte. A transcript is a txtar file of pairs NAME.request and
// NAME.reply as they are on the wire, but for Date and Content-Length, with
// {{NAME.member}} in a request standing for a member of an earlier answer, of
// sections "clock +1h1m", which move the clock, and of sections "repeat NAME 9",
// which send a request so many times more, for the same answer. Sections
// "sign-in NAME" hold a SignIn as JSON, for {{NAME.access_token}},
// {{NAME.refresh_token}} and {{NAME.user_id}}; sections "code NAME" a codeSection,
// for {{NAME.code}}.
func (h *Harness) RunTranscript(t *testing.T, file string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(source)
	h.Reseed(file[strings.LastIndex(file, "dialects/")+1:])
	requests, replies := map[string]string{}, map[string]string{}
	for i := range archive.Files {
		section := &archive.Files[i]
		if wait, ok := strings.CutPrefix(section.Name, "clock +"); ok {
			duration, err := time.ParseDuration(wait)
			if err != nil {
				t.Fatalf("%s: %v", section.Name, err)
			}
			h.Clock.Advance(duration)
			continue
		}
		if again, ok := strings.CutPrefix(section.Name, "repeat "); ok {
			h.repeat(t, again, requests, replies)
			continue
		}
		if who, ok := strings.CutPrefix(section.Name, "sign-in "); ok {
			replies[who] = h.signInSection(t, section.Data)
			continue
		}
		if code, ok := strings.CutPrefix(section.Name, "code "); ok {
			replies[code] = h.codeSection(t, section.Data)
			continue
		}
		name, isRequest := strings.CutSuffix(section.Name, ".request")
		if !isRequest {
			continue
		}
		requests[name] = fill(t, string(section.Data), replies)
		answer := h.exchange(t, requests[name])
		replies[name] = answer
		if i+1 == len(archive.Files) || archive.Files[i+1].Name != name+".reply" {
			t.Fatalf("%s: %s has no %s.reply after it", file, section.Name, name)
		}
		reply := &archive.Files[i+1]
		if *update {
			reply.Data = []byte(answer)
		} else if got := answer; got != string(reply.Data) {
			t.Errorf("%s: %s: the answer is\n%s\nnot\n%s", file, name, got, reply.Data)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// repeat sends the request NAME of "NAME 9" as many times again.
func (h *Harness) repeat(t *testing.T, again string, requests, replies map[string]string) {
	t.Helper()
	name, times, _ := strings.Cut(again, " ")
	count, err := strconv.Atoi(times)
	if err != nil || requests[name] == "" {
		t.Fatalf("repeat %s: not the name of an earlier request and a number", again)
	}
	for range count {
		if got := h.exchange(t, requests[name]); got != replies[name] {
			t.Errorf("repeat %s: the answer is\n%s\nnot\n%s", again, got, replies[name])
		}
	}
}

var placeholder = regexp.MustCompile(`\{\{([a-z0-9-]+)\.([A-Za-z0-9_.]+)\}\}`)

// fill puts members of earlier answers into a request.
func fill(t *testing.T, request string, replies map[string]string) string {
	return placeholder.ReplaceAllStringFunc(request, func(match string) string {
		parts := placeholder.FindStringSubmatch(match)
		_, body, _ := strings.Cut(replies[parts[1]], "\n\n")
		var value any
		if err := json.Unmarshal([]byte(body), &value); err != nil {
			t.Fatalf("%s: %v", match, err)
		}
		for member := range strings.SplitSeq(parts[2], ".") {
			object, _ := value.(map[string]any)
			value = object[member]
		}
		if value == nil {
			t.Fatalf("%s: no such member in the answer", match)
		}
		return fmt.Sprint(value)
	})
}

// exchange sends a request in wire form and returns the answer in wire form.
func (h *Harness) exchange(t *testing.T, request string) string {
	t.Helper()
	head, body, _ := strings.Cut(request, "\n\n")
	body = strings.TrimSuffix(body, "\n")
	head = strings.ReplaceAll(strings.TrimSpace(head), "\n", "\r\n")
	if body != "" {
		head += "\r\nContent-Length: " + strconv.Itoa(len(body))
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\r\n\r\n" + body)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, request)
	}
	r.RemoteAddr = "192.0.2.10:40000"
	response := h.Do(r)
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\n", response.StatusCode, http.StatusText(response.StatusCode))
	names := make([]string, 0, len(response.Header))
	for name := range response.Header {
		if name != "Date" && name != "Content-Length" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range response.Header[name] {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	out.WriteByte('\n')
	if _, err := out.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	if bytes.HasSuffix(out.Bytes(), []byte("\n\n")) {
		out.Truncate(out.Len() - 1)
	} else {
		out.WriteByte('\n')
	}
	return out.String()
}
