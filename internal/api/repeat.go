package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// errRepeated says that the same request was answered while this one was under way.
var errRepeated = errors.New("api: the request has been answered already")

// once runs an operation that makes something, M, which is shown as V. With an
// idempotency key, the answer is kept in the transaction of what is made, sealed, for
// it may hold a secret: a client that lost it asks again and has it. what tells the
// request from others; it is the input.
func once[M, V any](ctx context.Context, a *API, in Repeatable, name string, what any, run func(admin.Actor) error, view func(M) V) (*shown[V], error) {
	who := actor(ctx)
	var made V
	if in.IdempotencyKey == "" {
		who.Keep = func(_ *store.Tx, thing any) error {
			made = view(thing.(M))
			return nil
		}
		err := run(who)
		return &shown[V]{Body: made}, err
	}
	answer, err := a.answerOf(who, in.IdempotencyKey, name, what)
	if err != nil {
		return nil, err
	}
	again, err := a.repeated(ctx, answer, &made)
	if again || err != nil {
		return &shown[V]{Body: made}, err
	}
	who.Keep = func(tx *store.Tx, thing any) error {
		made = view(thing.(M))
		return a.keep(tx, answer, made)
	}
	if err = run(who); errors.Is(err, errRepeated) {
		_, err = a.repeated(ctx, answer, &made)
	}
	return &shown[V]{Body: made}, err
}

// answerOf is the record of a request, without its answer.
func (a *API) answerOf(who admin.Actor, key, name string, what any) (*core.Answer, error) {
	request, err := json.Marshal([]any{name, what})
	if err != nil {
		return nil, err
	}
	kind, id := who.Authorization.Subject()
	return &core.Answer{
		ID:        a.digest("id", kind, id, who.Authorization.ClientID(), key),
		Request:   a.digest("request", string(request)),
		ExpiresAt: a.Now().Add(core.AnswerLifetime),
	}, nil
}

func (a *API) digest(parts ...string) string {
	mac := hmac.New(sha256.New, a.answers)
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part)) // of one length each, so that no two lists are the same
		_, _ = mac.Write(sum[:])
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// repeated reads the answer that the same request had before, if it had one.
func (a *API) repeated(ctx context.Context, answer *core.Answer, into any) (bool, error) {
	stored, err := a.Store.Answer(ctx, answer.ID, a.Now())
	switch {
	case errors.Is(err, core.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case stored.Request != answer.Request:
		return false, oauth.NewError(oauth.ReasonRequestRepeated).At("Idempotency-Key")
	}
	plain, err := a.Master.Open(stored.Sealed, boundTo(answer))
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(plain, into)
}

func (a *API) keep(tx *store.Tx, answer *core.Answer, made any) error {
	plain, err := json.Marshal(made)
	if err != nil {
		return err
	}
	answer.Sealed = a.Master.Seal(a.Rand, plain, boundTo(answer))
	err = tx.InsertAnswer(answer, a.Now())
	if errors.Is(err, core.ErrConflict) {
		return errRepeated
	}
	return err
}

func boundTo(answer *core.Answer) []byte { return []byte("answer/" + answer.ID + "/" + answer.Request) }
