package web

import "time"

// Gallery is the page of development that shows each component in each of its
// states. show is one of its parts: "", "forms", "details", "plots" or "problems".
// It speaks English alone.
func Gallery(show string) Console {
	parts := map[string]struct {
		label  string
		blocks []Block
	}{
		"":         {"Tables", galleryTables()},
		"forms":    {"Forms", galleryForms()},
		"details":  {"Details", galleryDetails()},
		"plots":    {"Plots", galleryPlots()},
		"problems": {"Problems", galleryProblems()},
	}
	if _, ok := parts[show]; !ok {
		show = ""
	}
	page := Console{
		Context: Context{Name: "Acme Group", Kind: "Organisation", Others: []Link{
			{"Example Pay", PathComponents}, {"مؤسسة الاختبار", PathComponents}, {galleryLong, PathComponents},
		}},
		Person: Link{"Camille Martin", PathAccount},
		Crumbs: []Link{{"Development", PathComponents}, {"Components", PathComponents}},
		Title:  parts[show].label, Badge: Badge{Good, "Active"},
		Lead:    "What pages of the console are made of, in each state.",
		Actions: []Link{{"New API key", PathComponents}, {"Export", PathComponents}},
		Blocks:  parts[show].blocks,
	}
	group := NavGroup{Label: "Components"}
	for _, name := range []string{"", "forms", "details", "plots", "problems"} {
		item := NavItem{parts[name].label, PathComponents + "?show=" + name, name == show}
		group.Items = append(group.Items, item)
		page.Tabs = append(page.Tabs, item)
	}
	page.Nav = []NavGroup{group, {Label: "Elsewhere", Items: []NavItem{{"Inbox", PathInbox, false}, {"Your account", PathAccount, false}}}}
	switch show {
	case "problems":
		page.Problems = []FormProblem{{Text: "Somebody else changed this key meanwhile. Look at it again."}}
	case "":
		page.Notice = "The key Reporting is revoked."
	}
	return page
}

const (
	galleryLong   = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
	galleryMarkup = `<script>alert("1")</script><b>Acme</b> & "Söhne"`
	gallerySecret = "clv_key_example_2ZK8W0Y4H1R7T3M9Q5B6N0C8V4X2J7L5P3D1F9G6S8A0E4U" // opens nothing
	galleryRTL    = "شركة الدفع الآمن ‏(Paris)"
)

var galleryTime = time.Date(2026, 11, 22, 16, 2, 0, 0, time.UTC)

func galleryTables() []Block {
	columns := []Column{
		{"Name", PathComponents + "?sort=-name", Ascending, false}, {"Status", "", "", false}, {"Scopes", "", "", false},
		{"Last used", PathComponents + "?sort=used", "", false}, {"Requests", PathComponents + "?sort=requests", "", true},
	}
	row := func(name string, badge Badge, used time.Time, from, requests string, scopes ...string) Row {
		to := PathComponents + "?show=details"
		return Row{
			Cells: []Cell{
				{Text: name, Path: to, Detail: "key_01JD3V0F2M"}, {Badge: badge}, {List: scopes, Code: true}, {Time: used, Detail: from}, {Text: requests},
			},
			Actions: []Action{{Label: "Rotate", Accessible: "Rotate the key " + name, Path: to}, {Label: "Revoke", Accessible: "Revoke the key " + name, Path: to, Danger: true}},
		}
	}
	rows := []Row{
		row("Reporting", Badge{Good, "Active"}, galleryTime, "from 203.0.113.7", "12,408", "payments:read", "settlements:read"),
		row("Payroll run", Badge{Warn, "Ends in 5 days"}, galleryTime.AddDate(0, 0, -3), "from 2001:db8:85a3::8a2e:370:7334", "96", "payments:write"),
		row(galleryRTL, Badge{Bad, "Revoked"}, time.Time{}, "", "0", "wallet-summary:read"),
		row(galleryMarkup, Badge{"", "Try-out"}, galleryTime.AddDate(0, -2, 0), "from 198.51.100.23", "1,000,000", "payable:read"),
		row(galleryLong, Badge{Good, "Active"}, galleryTime, "from 203.0.113.7", "4", galleryLong+":read"),
	}
	filter := &Form{
		ID: "find", Get: true, Path: PathComponents, Submit: "Apply", Cancel: Link{"Clear", PathComponents},
		Fields: []Field{
			{Name: "q", Label: "Name"},
			{Name: "status", Label: "Status", Kind: KindSelect, Options: []Option{{Label: "Any"}, {Value: "active", Label: "Active", Selected: true}, {Value: "revoked", Label: "Revoked"}}},
			{Name: "since", Label: "Used since", Kind: KindDate, Value: "2026-11-01"},
		},
	}
	return []Block{
		Table{ID: "keys", Title: "API keys", Text: "Programs of Acme Group use them to sign in.", Columns: columns, Rows: rows, Filter: filter,
			Pager: Pager{PathComponents + "?page=1", PathComponents + "?page=3", "21–25 of 61"}},
		Table{Title: "One row", Columns: columns[:2], Rows: []Row{{Cells: rows[0].Cells[:2]}}, Pager: Pager{Text: "1 key"}},
		Table{Title: "No rows", Columns: columns, Empty: Empty{"No program of Acme Group has a key yet.", Link{"Make the first key", PathComponents}}},
		Table{Title: "No rows after a filter", Filter: filter2(filter), Empty: Empty{Text: "No key is like that. Clear the filter to see all."}},
	}
}

// filter2 is another filter with ids of its own.
func filter2(f *Form) *Form {
	other := *f
	other.ID, other.Fields = "find-again", f.Fields[:2]
	return &other
}

func galleryForms() []Block {
	scopes := []Option{
		{"payments:read", "See payments", "Amounts, names and references.", true, false},
		{"payments:write", "Make payments", "", false, false},
		{"members:write", "Change members", "You do not have this permission yourself, so you cannot give it.", false, true},
	}
	return []Block{
		Form{ID: "key", Title: "New API key", Text: "A program that has the key can do what the key allows, from anywhere that it may be used.", Path: PathComponents, Submit: "Make the key", Cancel: Link{"Cancel", PathComponents}, Fields: []Field{
			{Name: "name", Label: "Name", Hint: "Such as the program that will use it.", Required: true, MaxLength: 80},
			{Name: "scopes", Label: "What it may do", Kind: KindCheckboxes, Options: scopes},
			{Name: "expires", Label: "Valid until", Kind: KindDate, Min: "2026-11-23", Max: "2027-11-22", Hint: "At most a year. We remind you 14 days before.", Required: true},
			{Name: "addresses", Label: "Where it may be used from", Kind: KindTextarea, Hint: "An address or range a line.", Value: "203.0.113.0/24\n2001:db8::/32", Rows: 3},
			{Name: "tryout", Label: "Only report uses from elsewhere", Kind: KindSwitch, Value: "on", Hint: "Nothing is refused until you turn this off."},
		}},
		Form{ID: "every", Title: "The other kinds of fields", Path: PathComponents, Submit: "Save", Fields: []Field{
			{Name: "email", Label: "Email", Kind: KindEmail, Autocomplete: "email", Value: "camille@example.com"},
			{Name: "phone", Label: "Phone number", Kind: KindPhone, Autocomplete: "tel", Required: true},
			{Name: "password", Label: "Password", Kind: KindPassword, Autocomplete: "new-password", Required: true},
			{Name: "role", Label: "Role", Kind: KindSelect, Required: true, Options: []Option{{"owner", "Owner", "", false, false}, {"member", galleryLong, "", true, false}}},
			{Name: "overlap", Label: "How long the old key still works", Kind: KindRadios, Required: true, Options: []Option{{"0", "Not at all", "For a key that somebody else has seen.", false, false}, {"24h", "A day", "", true, false}}},
		}},
		galleryConfirm("gone", ""),
	}
}

func galleryConfirm(id, problem string) Confirm {
	return Confirm{
		ID: id, Title: "Revoke the key " + galleryMarkup + "?", Text: "This cannot be taken back.",
		Consequences: []string{"Programs with this key are refused at once.", "Tokens that it was exchanged for end too."},
		Name:         galleryMarkup, Path: PathComponents, Submit: "Revoke the key", Problem: problem, Cancel: Link{"Keep it", PathComponents},
	}
}

func galleryProblems() []Block {
	return []Block{
		Form{ID: "key", Title: "New API key", Path: PathComponents, Submit: "Make the key", Fields: []Field{
			{Name: "name", Label: "Name", Value: galleryMarkup, Problem: "Another key has this name already.", Hint: "Such as the program that will use it.", Required: true},
			{Name: "scopes", Label: "What it may do", Kind: KindCheckboxes, Problem: "Choose at least one.", Options: []Option{{"payments:read", "See payments", "", false, false}}},
			{Name: "role", Label: "Role", Kind: KindSelect, Problem: "Choose a role.", Options: []Option{{Label: "Choose"}}},
			{Name: "addresses", Label: "Where it may be used from", Kind: KindTextarea, Value: "203.0.113.0/99", Problem: "203.0.113.0/99 is no range of addresses.", Required: true},
			{Name: "overlap", Label: "How long the old key still works", Kind: KindRadios, Problem: "Choose one.", Required: true, Options: []Option{{"0", "Not at all", "", false, false}}},
			{Name: "tryout", Label: "Only report uses from elsewhere", Kind: KindSwitch, Problem: "It needs an address."},
		}},
		galleryConfirm("gone", "This is not the name of the key."),
	}
}

func galleryDetails() []Block {
	here := []Link{{"How keys are rotated", PathComponents}, {"example.com", "https://example.com/"}}
	return []Block{
		Secret{ID: "secret", Title: "The key Reporting is made", Text: "Give it to the program that will use it.", Label: "API key", Value: gallerySecret},
		Alert{Kind: Warn, Title: "Payroll run ends in 5 days", Text: "Rotate it before 27 November, or the program is refused.", Links: here[:1]},
		Alert{Kind: Bad, Text: "Nobody but you owns this organisation. Make somebody else an owner too."},
		Alert{Kind: Good, Text: "Every program uses ES256."},
		Facts{ID: "facts", Title: "Reporting", Items: []Fact{
			{"Status", Cell{Badge: Badge{Good, "Active"}}},
			{"Client id", Cell{Text: "cli_01JD3V0F2MZK8W0Y4H1R", Code: true, Copy: true}},
			{"Made by", Cell{Text: galleryRTL, Path: PathComponents}},
			{"Made", Cell{Time: galleryTime}},
			{"Organisation", Cell{Text: galleryLong, Detail: galleryMarkup}},
			{"May be used from", Cell{List: []string{"203.0.113.0/24", "2001:db8::/32"}, Code: true}},
			{"Last used", Cell{}},
		}, Actions: []Action{{Label: "Rotate", Path: PathComponents}, {Label: "Revoke", Path: PathComponents, Danger: true}}},
		Facts{Title: "Nothing known", Text: "Facts without a value."},
		Prose{Title: "Try the key", Text: "The answer lists what the key allows.", Code: "curl --fail https://pay.example/auth/token \\\n  --header 'Authorization: Bearer clv_key_example' \\\n  --data 'grant_type=client_credentials&scope=payments:read'", Links: here},
	}
}

func galleryPlots() []Block {
	var days []string
	var granted, refused, limited []float64
	for i := range 30 {
		days = append(days, galleryTime.AddDate(0, 0, i-29).Format("2 Jan"))
		granted = append(granted, float64(400+i*37%190+i*12))
		refused = append(refused, float64(i*53%130))
		limited = append(limited, float64(i*31%40))
	}
	three := []Series{{"Granted", granted}, {"Refused", refused}, {"Limited", limited}}
	return []Block{
		Plot{ID: "requests", Title: "Token requests by day", Text: "Of all clients of Acme Group.", Unit: "requests", Days: days, Series: three},
		Plot{ID: "clients", Title: "Token requests by client", Unit: "requests", Days: days, Lines: true, Series: append(three, Series{galleryMarkup, days2(granted)})},
		Plot{ID: "one", Title: "One day", Unit: "requests", Days: days[:1], Series: three[:1]},
		Plot{ID: "none", Title: "Nothing to plot", Days: days, Series: []Series{{Label: "Granted"}}, Empty: Empty{"No client has asked for a token in these 30 days.", Link{"See the clients", PathComponents}}},
	}
}

// days2 are other values of the same days.
func days2(values []float64) []float64 {
	other := make([]float64, len(values))
	for i, value := range values {
		other[i] = 1.2*value - float64(i*17%90)
	}
	return other
}
