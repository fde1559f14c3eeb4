package web

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// show is the page of the console with blocks, as HTML on one line.
func show(t *testing.T, c Console, target string) string {
	t.Helper()
	w := render(t, newPages(t), target, View{Data: c})
	page := strings.Join(strings.Fields(w.Body.String()), " ")
	if w.Code != http.StatusOK || strings.Contains(page, "%!") {
		t.Fatalf("%d %s", w.Code, page)
	}
	return page
}

// expectIn fails for what a page lacks, and for what it has that begins with "no ".
func expectIn(t *testing.T, page string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if never, ok := strings.CutPrefix(want, "no "); ok {
			if strings.Contains(page, never) {
				t.Errorf("there is %s in\n%s", never, page)
			}
		} else if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// fill puts hostile and a number into every field of a component, and one element
// into every list.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		if v.Type() != reflect.TypeFor[[]Block]() {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0))
			fill(v.Index(1))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{hostile: hostile}))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(galleryTime))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// blocks are one of each.
func blocks() []Block {
	return []Block{Table{}, Form{}, Facts{}, Secret{}, Alert{}, Prose{}, Confirm{}, Plot{}}
}

// TestE04_ComponentsShowMarkupAndDoNotRunIt fills every field of every component.
func TestE04_ComponentsShowMarkupAndDoNotRunIt(t *testing.T) {
	kinds := []string{KindText, KindTextarea, KindSelect, KindCheckboxes, KindRadios, KindSwitch, hostile}
	var page Console
	fill(reflect.ValueOf(&page).Elem())
	for _, b := range blocks() {
		full := reflect.New(reflect.TypeOf(b))
		fill(full.Elem())
		filled := full.Elem().Interface().(Block)
		page.Blocks = append(page.Blocks, filled)
		for _, kind := range kinds {
			switch f := filled.(type) {
			case Form:
				f.Fields = []Field{f.Fields[0]}
				f.Fields[0].Kind = kind
				page.Blocks = append(page.Blocks, f)
			case Plot:
				f.Lines = false
				page.Blocks = append(page.Blocks, f)
			}
		}
	}
	html := show(t, page, "/?ui_locales=fr&x=%22%3E%3Cscript%3E")
	if got := strings.Count(html, "<script"); got != 1 {
		t.Errorf("%d scripts, want ours alone", got)
	}
	expectIn(t, html, "&lt;script&gt;alert(1)&lt;/script&gt;", "no <img src=x", "no onerror=alert(1)>", "no style=", "no onclick=", "no javascript:")
}

func TestEveryComponentRendersWhateverItIsGiven(t *testing.T) {
	show(t, Console{}, "/")
	for _, b := range blocks() {
		show(t, Console{Title: "T", Blocks: []Block{b}}, "/")
		pointer := reflect.New(reflect.TypeOf(b))
		show(t, Console{Title: "T", Blocks: []Block{pointer.Interface().(Block)}}, "/")
	}
	show(t, Console{Blocks: []Block{
		Table{Columns: make([]Column, 1), Rows: []Row{{}, {Cells: make([]Cell, 3)}, {Actions: make([]Action, 1)}}},
		Plot{Days: []string{"Monday"}}, Plot{Days: []string{"Monday"}, Series: []Series{{Values: []float64{1, 2, 3}}}},
	}}, "/")
	for _, part := range append(galleryParts, "nowhere") {
		show(t, Gallery(part), "/")
	}
}

func TestE03_ConsoleRunsItsOwnScriptAlone(t *testing.T) {
	h := render(t, newPages(t), "/", View{Data: Console{}}).Header()
	expectIn(t, h.Get("Content-Security-Policy"), "script-src 'self';", "default-src 'none'", "frame-ancestors 'none'", "no unsafe")
	if h.Get("Cache-Control") != "no-store" {
		t.Error("a page that may show a secret is kept")
	}
}

func TestLinksStayHereAndInTheirLanguage(t *testing.T) {
	for _, tt := range []struct{ chosen, address, want string }{
		{"", "/keys?sort=name#x", "/keys?sort=name#x"},
		{"fr", "/keys?sort=-name", "/keys?sort=-name&ui_locales=fr"},
		{"fr", "?page=2", "?page=2&ui_locales=fr"},
		{"fr", "#name", "#name"},
		{"fr", "https://example.com/a", "https://example.com/a"},
		{"", "//evil.example", ""}, {"", "///evil.example", ""}, {"", `/\evil.example`, "/%5Cevil.example"}, {"", "http://example.com", ""},
		{"", "javascript:alert(1)", ""}, {"", "keys", ""}, {"", "", ""}, {"", "/%zz", ""}, {"", "data:text/html,x", ""},
	} {
		if got := (frame{Chosen: tt.chosen}).Href(tt.address); got != tt.want {
			t.Errorf("%s in %q: got %q, want %q", tt.address, tt.chosen, got, tt.want)
		}
	}
}

func TestTableSaysHowItIsSortedAndWhatIsMissing(t *testing.T) {
	table := Table{Title: "Keys", Columns: []Column{{Label: "Name", SortPath: "?sort=-name", Sorted: Ascending}, {Label: "Used", Numeric: true}},
		Rows: []Row{{Cells: []Cell{{Text: "Reporting", Path: "/k/1"}, {}}, Actions: []Action{
			{Label: "Revoke", Accessible: "Revoke Reporting", Path: "/k/1/revoke", Post: true, Hidden: map[string]string{"version": "3"}, Danger: true}}}},
		Pager: Pager{Next: "?after=1", Text: "1 of 2"}}
	expectIn(t, show(t, Console{Title: "T", Blocks: []Block{table}}, "/"),
		`aria-sort="ascending"><a href="?sort=-name">Name`, `role="rowheader" scope="row"><div><span class="word"><a href="/k/1"><bdi>Reporting</bdi></a>`,
		`data-label="Used" class="number"`, `<span class="none" aria-hidden="true">–</span>`, `<form method="post" action="/k/1/revoke"><input type="hidden" name="version" value="3">`,
		`aria-label="Revoke Reporting"`, `<a class="button" href="?after=1" rel="next">Next</a>`, "no Previous")
	table.Rows, table.Empty = nil, Empty{"No key yet.", Link{"Make one", "/k/new"}}
	expectIn(t, show(t, Console{Title: "T", Blocks: []Block{table}}, "/"), "No key yet.", `href="/k/new">Make one</a>`, "no <table", "no 1 of 2")
}

func TestFilterKeepsTheLanguage(t *testing.T) {
	filter := &Form{Get: true, Path: "/k", Submit: "Apply", Fields: []Field{{Name: "q", Label: "Name"}}, Cancel: Link{"Clear", "/k"}}
	expectIn(t, show(t, Console{Blocks: []Block{Table{Filter: filter}}}, "/?ui_locales=fr"),
		`method="get"`, `name="ui_locales" value="fr"`, `href="/k?ui_locales=fr">Clear</a>`, "no (facultatif)")
}

func TestFieldsAreTiedToWhatIsSaidAboutThem(t *testing.T) {
	form := Form{ID: "key", Path: "/k", Submit: "Make", Fields: []Field{
		{Name: "name", Label: "Name", Problem: "Taken.", Hint: "Anything.", Required: true, MaxLength: 80},
		{Name: "day", Label: "Until", Kind: KindDate, Min: "2026-11-23"},
		{Name: "scopes", Label: "May", Kind: KindCheckboxes, Problem: "Choose.", Options: []Option{{"a", "A", "", true, false}, {"b", "B", "Not yours.", false, true}}},
		{Name: "on", Label: "Report", Kind: KindSwitch, Value: "on"},
	}}
	c := Console{Title: "New key", Problems: []FormProblem{{Text: "Somebody was quicker."}}, Blocks: []Block{form, Confirm{ID: "gone", Name: "Acme", Problem: "Not the name."}}}
	page := show(t, c, "/")
	expectIn(t, page, "<title>Error: New key · Example Pay</title>", `role="alert" tabindex="-1" autofocus`,
		`<li>Somebody was quicker.</li><li><a href="#key-name">Taken.</a></li><li><a href="#key-scopes">Choose.</a></li><li><a href="#gone-confirm">Not the name.</a></li>`,
		`<label for="key-name">Name</label>`, `maxlength="80" required aria-invalid="true" aria-describedby="key-name-error key-name-hint">`,
		`<p class="error" id="key-name-error">Taken.</p><p class="hint" id="key-name-hint">Anything.</p>`,
		`Until <span class="optional">(optional)</span>`, `type="date" value="" min="2026-11-23"`, `<fieldset class="field" id="key-scopes" tabindex="-1" aria-describedby="key-scopes-error">`,
		`name="scopes" value="a" checked>`, `value="b" disabled aria-describedby="key-scopes-1-hint">`, `role="switch" id="key-on" name="on" value="on" checked`,
		`<label for="gone-confirm">To confirm, type <strong><bdi>Acme</bdi></strong></label>`)
	if strings.Count(page, "autofocus") != 1 {
		t.Error("not one element takes the focus")
	}
	expectIn(t, show(t, Console{Title: "New key", Blocks: []Block{Form{ID: "key"}}}, "/"), "<title>New key · Example Pay</title>", `no role="alert"`)
}

func TestConfirmedByName(t *testing.T) {
	for typed, want := range map[string]bool{"Acme Group": true, " Acme  Group ": true, "acme group": false, "Acme": false, "": false} {
		if Confirmed(typed, "Acme Group") != want {
			t.Errorf("%q: want %t", typed, want)
		}
	}
	if Confirmed("", "") || Confirmed(" ", "\t") {
		t.Error("nothing confirms what has no name")
	}
}

func TestTimesAreUTCWithoutAScript(t *testing.T) {
	at := time.Date(2026, 11, 22, 17, 2, 0, 0, time.FixedZone("", 3600))
	expectIn(t, show(t, Console{Blocks: []Block{Facts{Items: []Fact{{"Made", Cell{Time: at}}}}}}, "/"),
		`<time datetime="2026-11-22T16:02:00Z">2026-11-22 16:02 UTC</time>`, `Times are in <span data-zone>UTC</span>`)
}
