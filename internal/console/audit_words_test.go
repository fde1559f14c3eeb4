package console

import (
	"slices"
	"testing"
)

func TestChangesAreReadFromRecords(t *testing.T) {
	for detail, want := range map[string][]change{
		`name Acme -> "Acme, Inc -> DISABLED", email "" -> it@acme.example`: {
			{"name", "Acme", "Acme, Inc -> DISABLED"}, {"email", "", "it@acme.example"},
		},
		`scopes [a b] -> [a], enabled true -> false`:                  {{"scopes", "a, b", "a"}, {"enabled", "true", "false"}},
		`code keys: name Keys -> "Key \"makers\"", assigns [] -> [x]`: {{"name", "Keys", `Key "makers"`}, {"assigns", "", "x"}},
		`user usr_1, role owner -> viewer`:                            {{"role", "owner", "viewer"}},
		`email ines@acme.example, role viewer`:                        nil,
		`a -> b -> c`:                                                 nil,
		`name`:                                                        nil,
		``:                                                            nil,
		`name "open -> x`:                                             nil,
		`]]] x -> y`:                                                  nil,
	} {
		if got := changesIn(detail); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", detail, got, want)
		}
	}
}

func TestF10_SpreadsheetsSeeNoFormula(t *testing.T) {
	for value, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "＝1": "'＝1", "": "", "token.issued": "token.issued", " =1": " =1",
	} {
		if got := harmless(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}
