package permission

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Denied is the audit record of a denial.
func Denied(ctx context.Context, q Query, decision *Decision) core.Event {
	e := core.EventOf(core.PermissionDenied, q.Authorization, oauth.SourceOf(ctx))
	e.Reason, e.Detail = oauth.ReasonPermissionDenied, decision.Why()
	if id, _ := q.Resource.account(); id != "" {
		e.Target = "account/" + shown(id)
	}
	return e
}

// Record puts a denial into the audit trail. What is allowed is not recorded
// here.
func (d *Decider) Record(ctx context.Context, q Query, decision *Decision) error {
	if decision.Allowed {
		return nil
	}
	event := Denied(ctx, q, decision)
	return d.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Audit(event)
		return nil
	})
}
