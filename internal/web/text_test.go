package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"time"

	"claviger/internal/core"
)

var (
	verb      = regexp.MustCompile(`%(\[\d+\])?0?\d*[a-z]`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
	attribute = regexp.MustCompile(`(?:aria-label|alt|placeholder|title|value|content)="[^"]*\pL[^"]*"`)
	letters   = regexp.MustCompile(`\pL`)
)

// verbs are what a text wants put in: "%[1]s %[3]d". A plain verb counts on.
func verbs(text string) []string {
	var list []string
	for i, found := range verb.FindAllString(text, -1) {
		if !strings.Contains(found, "[") {
			found = "%[" + strconv.Itoa(i+1) + "]" + found[1:]
		}
		list = append(list, found)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestTextsAreTheSameInEveryLanguage(t *testing.T) {
	all := newPages(t).texts
	en := all["en"]
	for _, locale := range locales {
		for _, key := range slices.Sorted(maps.Keys(all[locale])) {
			text := all[locale][key]
			if _, ok := en[key]; !ok {
				t.Errorf("%s has %s, en does not", locale, key)
			}
			if got, want := verbs(text), verbs(en[key]); !slices.Equal(got, want) {
				t.Errorf("%s in %s takes %v, in en %v", key, locale, got, want)
			}
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s in %s is empty", key, locale)
			}
		}
		for key := range en {
			if _, ok := all[locale][key]; !ok {
				t.Errorf("%s lacks %s", locale, key)
			}
		}
	}
}

// eachNode calls do for the nodes below n.
func eachNode(n parse.Node, do func(parse.Node)) {
	branch := func(b *parse.BranchNode) {
		eachNode(b.Pipe, do)
		eachNode(b.List, do)
		if b.ElseList != nil {
			eachNode(b.ElseList, do)
		}
	}
	do(n)
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			eachNode(child, do)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.ActionNode:
		eachNode(n.Pipe, do)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			eachNode(n.Pipe, do)
		}
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			do(command)
			for _, arg := range command.Args {
				eachNode(arg, do)
			}
		}
	}
}

func parseTemplates(t *testing.T) map[string]*parse.Tree {
	t.Helper()
	p, all := newPages(t), map[string]*parse.Tree{}
	for name, parse := range p.templates["en"] {
		page, err := parse()
		if err != nil {
			t.Fatal(err)
		}
		for _, defined := range page.Templates() {
			if defined.Tree != nil {
				all[name+"/"+defined.Name()] = defined.Tree
			}
		}
	}
	return all
}

// TestTemplatesHoldNoText holds that a translation has everything that is said.
func TestTemplatesHoldNoText(t *testing.T) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(files) < 14 {
		t.Fatal(files, err)
	}
	action := regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	for _, file := range files {
		source, err := fs.ReadFile(templateFiles, file)
		if err != nil {
			t.Fatal(err)
		}
		markup := action.ReplaceAllString(string(source), "")
		if said := strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(markup, ""))); letters.MatchString(said) {
			t.Errorf("%s says %q", file, said)
		}
		for _, found := range attribute.FindAllString(markup, -1) {
			if !strings.HasPrefix(found, "value=") && !strings.HasPrefix(found, "content=") {
				t.Errorf("%s says %s", file, found)
			}
		}
	}
}

// TestTemplatesNameTextsThatThereAre also holds that each gets what it takes.
func TestTemplatesNameTextsThatThereAre(t *testing.T) {
	en, checked := newPages(t).texts["en"], 0
	for name, tree := range parseTemplates(t) {
		eachNode(tree.Root, func(n parse.Node) {
			command, ok := n.(*parse.CommandNode)
			if !ok || len(command.Args) < 2 || command.Args[0].String() != "t" && command.Args[0].String() != "strong" {
				return
			}
			key, ok := command.Args[1].(*parse.StringNode)
			if !ok {
				return
			}
			checked++
			text, ok := en[key.Text]
			if !ok {
				t.Errorf("%s: there is no text %s", name, key.Text)
			}
			if got, want := len(command.Args)-2, len(verbs(text)); got != want {
				t.Errorf("%s: %s takes %d, gets %d", name, key.Text, want, got)
			}
		})
	}
	if checked < 80 {
		t.Errorf("only %d texts checked", checked)
	}
}

// TestKeysHaveTexts holds it for the constants, and for the keys that are put
// together.
func TestKeysHaveTexts(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value := spec.Values[0].(*ast.BasicLit).Value
		key, err := strconv.Unquote(value)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
		return true
	})
	for _, kind := range []string{
		"request", "client", "redirect", "expired", "browser", "origin", "forbidden", "not_found", "method", "too_many", "unavailable", "server",
	} {
		keys = append(keys, "problem."+kind+".title", "problem."+kind+".text")
	}
	for _, done := range []string{
		"password_changed", "phone_verified", "email_verified", "session_ended", "app_revoked", "connection_ended", "passkey_added",
		"passkey_removed", "app_added", "app_removed",
	} {
		keys = append(keys, "notice."+done)
	}
	for _, locale := range locales {
		keys = append(keys, "language."+locale)
	}
	for _, purpose := range []string{core.PurposeSignIn, core.PurposeStepUp, core.PurposeRecovery, core.PurposeVerifyEmail, core.PurposeVerifyPhone} {
		keys = append(keys, "enter_code."+purpose+".title")
	}
	if len(keys) < 30 {
		t.Fatalf("only %d keys", len(keys))
	}
	p := newPages(t)
	for _, key := range keys {
		if p.Text("en", key) == key {
			t.Errorf("there is no text %s", key)
		}
	}
}

func TestMessagesNameCodePlatformAndMinutes(t *testing.T) {
	p := newPages(t)
	for _, locale := range locales {
		for _, key := range []string{"message.code", "message.recovery", "message.verify"} {
			text := p.Text(locale, key+".text", "123456", "Example Pay", 10)
			for _, want := range []string{"123456", "Example Pay", "10"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s in %s lacks %s: %s", key, locale, want, text)
				}
			}
			if strings.Contains(text+p.Text(locale, key+".subject", "Example Pay"), "%!") {
				t.Errorf("%s in %s: %s", key, locale, text)
			}
		}
		for _, key := range []string{"message.password_changed.subject", "message.password_changed.text", "message.replaced.subject", "message.replaced.text"} {
			if text := p.Text(locale, key, "Example Pay"); !strings.Contains(text, "Example Pay") || strings.Contains(text, "%!") {
				t.Errorf("%s in %s: %s", key, locale, text)
			}
		}
	}
}

func TestScopeTexts(t *testing.T) {
	p := newPages(t)
	for _, scope := range []string{"openid", "profile", "email", "phone", "address", "offline_access", "wallet-summary:read", "settlement:read", "payable:read"} {
		for _, locale := range locales {
			if text, ok := p.ScopeText(locale, scope); !ok || text == "" {
				t.Errorf("%s has no text in %s", scope, locale)
			}
		}
	}
	if text, ok := p.ScopeText("en", "card:freeze"); ok {
		t.Errorf("got %q for a scope that nobody put in words", text)
	}
}

func TestTimeAndWaitAreWrittenAsPeopleDo(t *testing.T) {
	p, at := newPages(t), time.Date(2026, 8, 3, 9, 5, 0, 0, time.FixedZone("", 3600))
	for _, tt := range []struct{ got, want string }{
		{p.Time("en", at), "3 August 2026, 08:05 UTC"},
		{p.Time("fr", at), "3 août 2026 à 08:05 UTC"},
		{p.wait("en", 1), "Too many attempts. Try again in 1 second."},
		{p.wait("en", 90), "Too many attempts. Try again in 90 seconds."},
		{p.wait("fr", 91), "Trop de tentatives. Réessayez dans 2 minutes."},
		{p.Text("xx", "field.code"), "Six-digit code"},
		{p.Text("en", "no.such.key"), "no.such.key"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestDevicesAreNamedAsPeopleKnowThem(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0":               "Edge, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari, iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                            "Chrome, Android",
		"curl/8.14.1": "",
		"":            "",
	} {
		if got := Device(agent); got != want {
			t.Errorf("got %q, want %q for %s", got, want, agent)
		}
	}
}
