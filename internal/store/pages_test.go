package store_test

import (
	"testing"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

func TestF10_ASearchIsForTheTextItself(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			for id, name := range map[string]string{"org_1": "Acme 100%", "org_2": "Acme_Books", "org_3": "Zebra!"} {
				if err := tx.PutOrganisation(&core.Organisation{ID: id, Code: id, Name: name, Status: core.Active}); err != nil {
					return err
				}
			}
			if err := tx.PutUser(&core.User{ID: "usr_1", Kind: core.Person, Email: "ops@gate.example", Operator: true, Status: core.Active}); err != nil {
				return err
			}
			if err := tx.PutUser(&core.User{ID: "usr_2", Kind: core.Person, Email: "amy@gate.example", Status: core.Active}); err != nil {
				return err
			}
			if err := tx.PutClient(&core.Client{ID: "owned", OrganisationID: "org_1", Name: "Owned", Kind: core.Public, Status: core.Active}); err != nil {
				return err
			}
			return tx.PutClient(&core.Client{ID: "books", Name: "Integration", Company: "Acme Books", Kind: core.Public, Status: core.Active})
		})
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]int{"acme": 2, "%": 1, "_books": 1, "!": 1, "ORG_3": 1, "": 3, "' OR 1=1 --": 0} {
			if found, err := s.OrganisationPage(t.Context(), store.Page{Text: text, Limit: 10, Descending: text == "acme"}); err != nil || len(found) != want {
				t.Errorf("%q: %d, %v, want %d", text, len(found), err, want)
			}
		}
		next, err := s.OrganisationPage(t.Context(), store.Page{Text: "acme", After: "org_1", Limit: 1})
		if err != nil || len(next) != 1 || next[0].ID != "org_2" {
			t.Errorf("the next page: %v %v", next, err)
		}
		for _, page := range []store.Page{{Text: "acme b"}, {Text: "acme b", Descending: true}, {Unowned: true}, {Unowned: true, Descending: true}} {
			page.Limit = 10
			if found, err := s.ClientPage(t.Context(), page); err != nil || len(found) != 1 || found[0].ID != "books" {
				t.Errorf("%+v: clients: %v %v", page, found, err)
			}
		}
		if found, err := s.Operators(t.Context(), 10); err != nil || len(found) != 1 || found[0].ID != "usr_1" {
			t.Errorf("operators: %v %v", found, err)
		}
	})
}
