package server_test

import (
	"net/http"
	"slices"
	"testing"
)

// An operator that has lost the answer has it again, and there is one successor.
func TestManagementAPI_ASigningKeyIsRotatedOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		operator := bearer(c.adminToken("operator@platform.test"))
		list := func() []string { return c.get("/admin/v1/signing-keys", operator).is(http.StatusOK).items("id") }
		before := len(list())
		rotate := func(algorithm, key string) wireAnswer {
			return c.post("/admin/v1/signing-keys/rotate", `{"algorithm":"`+algorithm+`"}`, operator, "Idempotency-Key: "+key)
		}
		made := rotate("ES256", "r1").is(http.StatusCreated)
		if again := rotate("ES256", "r1").is(http.StatusCreated); again.text != made.text {
			t.Errorf("repeated: %s\nfirst: %s", again.text, made.text)
		}
		rotate("RS256", "r1").is(http.StatusConflict)
		if ids := list(); len(ids) != before+1 || !slices.Contains(ids, made.string("id")) {
			t.Errorf("%d keys before, now %v; made %s", before, ids, made.text)
		}
		rotate("ES256", "r2").is(http.StatusCreated)
		if ids := list(); len(ids) != before+2 {
			t.Errorf("%d keys before, now %v", before, ids)
		}
	})
}
