package admin

import (
	"context"
	"errors"
	"io"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Service runs the operations. Rand is read by several goroutines at once. What
// is marked as the server's is nil on the command line, and so are the operations
// that need it: they answer that the service is not available.
type Service struct {
	Store   *store.Store
	Secrets *secret.Hasher
	Now     func() time.Time
	Rand    io.Reader

	Ring     *tokens.Ring
	Rotation keys.Rotation

	Invitations Mail            // the server's
	Sessions    *authn.Sessions // the server's
	Factors     *authn.Factors  // nil: they cannot be reset
}

// Actor is who asks for a change. Without an Authorization it is a trusted
// caller that has to give its Name: the command line.
type Actor struct {
	Authorization *core.Authorization
	Name          string // "cli"
	Source        oauth.Source
	// Keep is called with what an operation has made, in its transaction: what it
	// writes is there if and only if the thing is. nil: nothing is to be kept.
	Keep func(tx *store.Tx, made any) error
}

// keep calls Keep.
func (a Actor) keep(tx *store.Tx, made any) error {
	if a.Keep == nil {
		return nil
	}
	return a.Keep(tx, made)
}

// Made is a credential with its secret, which is shown this once: a *core.APIKey, a
// *core.Client or, with its password, a *core.User.
type Made[T any] struct {
	Thing  *T
	Secret string // empty: a public client
}

// id is what created_by keeps.
func (a Actor) id() string {
	if a.Authorization != nil {
		_, id := a.Authorization.Subject()
		return id
	}
	return a.Name
}

// event is the audit record of a change that the actor makes.
func (a Actor) event(kind core.EventType, organisationID, target, detail string) core.Event {
	e := core.EventOf(kind, a.Authorization, a.Source)
	e.Target, e.Detail = target, detail
	if organisationID != "" {
		e.OrganisationID = organisationID // whose the changed thing is, not where the actor comes from
	}
	if a.Authorization == nil {
		e.SubjectType, e.SubjectID = "trusted", a.Name
	}
	return e
}

// now has the resolution that the store keeps.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) newID(prefix string) string { return core.NewID(prefix, s.Now(), s.Rand) }

// errStale says that something changed between planning and writing.
var errStale = errors.New("admin: what the change was worked out from has changed")

// attempts bounds how often a change is worked out again because others got in
// before it. One of all that collide always gets through.
const attempts = 200

// change works out a change from what is stored, and writes it only if that
// still holds then, else works it out again: so that no rule over several rows
// (the last owner, the rights of the maker) can be broken by two at once. A nil
// job means that there is nothing to do.
func (s *Service) change(ctx context.Context, plan func() (func(*store.Tx) error, error)) error {
	for range attempts {
		version, err := s.Store.Refresh(ctx)
		if err != nil {
			return err
		}
		job, err := plan()
		if err != nil || job == nil {
			return refusal(err)
		}
		err = s.Store.Write(ctx, func(tx *store.Tx) error {
			fresh, err := tx.Since(version)
			if err == nil && !fresh {
				err = errStale
			}
			if err != nil {
				return err
			}
			return job(tx)
		})
		if !errors.Is(err, errStale) {
			return refusal(err)
		}
	}
	return oauth.NewError(oauth.ReasonUnavailable).With("Retry-After", "1").Because(errStale)
}

// refusal turns what the store says about single rows into what a caller can act
// on: a name that is taken is a conflict, never an internal error.
func refusal(err error) error {
	var known *oauth.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, core.ErrConflict):
		return oauth.NewError(oauth.ReasonNameTaken).Because(err)
	case errors.Is(err, core.ErrNotFound):
		return oauth.NewError(oauth.ReasonNotFound).Because(err)
	}
	return err
}

// hide names what the caller asked for where it is not there, so that nobody can tell
// what does not exist from what is somebody else's (F01).
func hide(err error, param string) error {
	if refused := oauth.RefusalOf(refusal(err)); refused != nil && refused.Reason == oauth.ReasonNotFound {
		return notFound(param).Because(err)
	}
	return err
}

func invalid(param, text string) *oauth.Error {
	return oauth.NewError(oauth.ReasonInvalidValue).At(param).Describe(text)
}

func missing(param string) *oauth.Error {
	return oauth.NewError(oauth.ReasonMissingParameter).At(param)
}

func notFound(param string) *oauth.Error { return oauth.NewError(oauth.ReasonNotFound).At(param) }
