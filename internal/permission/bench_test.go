package permission_test

import (
	"testing"

	"claviger/internal/core"
	"claviger/internal/permission"
	"claviger/internal/permission/permissiontest"
	"claviger/internal/store/storetest"
)

// BenchmarkDecide is a decision from memory: everything that it looks up has been
// read before. The person has three memberships and a condition to meet.
func BenchmarkDecide(b *testing.B) {
	w := newWorld(b, storetest.Open(b, storetest.SQLite(b)), permissiontest.Configuration(), `
conditions: [{name: same-currency, when: 'caller.currency == target.currency'}]
permissions: [{name: 'loans:offer', requires_any: [same-currency]}]
roles: [{code: lender, name: Lender, grants: {global: ['loans:offer']}}]
organisations: [{code: lent, name: Lent, accounts: [{id: lent, name: Lent, currency: NZD}]}]
people: [{email: lender@centrapay.example, individual_account: {id: lender, name: Lender, currency: NZD, role: lender}}]`)
	person := w.person("table-account-owner-1@centrapay.example")
	for _, c := range []struct {
		name   string
		who    *core.Authorization
		action string
		want   bool
	}{
		{"person/allowed", person, "assets:spend", true},
		{"person/denied", person, "payment-requests:void", false},
		{"key/allowed", w.key("table-own-org-merchant-terminal"), "payment-requests:void", true},
		{"person/cel", w.person("lender@centrapay.example"), "loans:offer", true},
	} {
		q := permission.Query{Authorization: c.who, Action: c.action, Resource: onAccount("table-own-org")}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decision, err := w.Decide(b.Context(), q)
				if err != nil || decision.Allowed != c.want {
					b.Fatal(decision, err)
				}
			}
		})
	}
}
