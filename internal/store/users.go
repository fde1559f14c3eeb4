package store

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// User returns the person or service account with an id.
func (s *Store) User(ctx context.Context, id string) (*core.User, error) {
	return s.users.get(ctx, s, id, func(ctx context.Context) (*core.User, error) {
		return user(ctx, s.read, id)
	})
}

// ServiceAccount returns the service account of an organisation that an
// identifier names: its username, else its email in any case, else its phone
// number. Of several the one with the lowest number is meant.
func (s *Store) ServiceAccount(ctx context.Context, organisationID, identifier string) (*core.User, error) {
	key := pair{organisationID, identifier}
	return s.serviceAccounts.get(ctx, s, key, func(ctx context.Context) (*core.User, error) {
		who := named{s.read, organisationID, core.ServiceAccount, identifier}
		return firstUser(ctx, who.byUsername, who.byEmail, who.byPhone)
	})
}

// PersonBy returns the person whom an identifier names: by email in any case,
// else phone number, else username.
func (s *Store) PersonBy(ctx context.Context, identifier string) (*core.User, error) {
	return s.people.get(ctx, s, identifier, func(ctx context.Context) (*core.User, error) {
		who := named{s.read, "", core.Person, identifier}
		return firstUser(ctx, who.byEmail, who.byPhone, who.byUsername)
	})
}

// Operators returns who administers the platform, the first of them, active or not. It
// is never cached.
func (s *Store) Operators(ctx context.Context, most int) ([]*core.User, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.User, error) {
		rows, err := s.read.Operators(ctx, queries.OperatorsParams{Operator: true, Kind: string(core.Person), Most: int32(most)})
		return each(rows, err, "users", userOf)
	})
}

// User reads within the transaction.
func (tx *Tx) User(id string) (*core.User, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.User, error) { return user(ctx, q, id) })
}

// PutUser inserts or replaces a person or a service account.
func (tx *Tx) PutUser(u *core.User) error {
	tx.fillID(&u.ID, core.PrefixUser)
	return tx.change("user", func(ctx context.Context, q *queries.Queries) error {
		row, err := q.PutUser(ctx, queries.PutUserParams{
			ID: u.ID, Number: u.Number, Kind: string(u.Kind), OrganisationID: u.OrganisationID, Username: u.Username,
			Email: u.Email, EmailKey: emailKey(u.Email), Phone: u.Phone, FullName: u.FullName, GivenName: u.GivenName,
			FamilyName: u.FamilyName, EmailVerified: u.EmailVerified, PhoneVerified: u.PhoneVerified,
			Operator: u.Operator, Status: string(u.Status), Profile: encodeMap(u.Profile), UpdatedAt: millis(u.UpdatedAt), CreatedAt: tx.createdAt(u.CreatedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &u.Number, row.Number)
		fill(tx, &u.CreatedAt, instant(row.CreatedAt))
		return nil
	})
}

func user(ctx context.Context, q *queries.Queries, id string) (*core.User, error) {
	row, err := q.User(ctx, id)
	return one(row, err, "user", userOf)
}

// named is somebody looked for by what they call themselves.
type named struct {
	q            *queries.Queries
	organisation string
	kind         core.UserKind
	identifier   string
}

func (n named) byUsername(ctx context.Context) (queries.User, error) {
	return n.q.UserByUsername(ctx, queries.UserByUsernameParams{
		OrganisationID: n.organisation, Kind: string(n.kind), Username: n.identifier})
}

func (n named) byEmail(ctx context.Context) (queries.User, error) {
	return n.q.UserByEmail(ctx, queries.UserByEmailParams{
		OrganisationID: n.organisation, Kind: string(n.kind), EmailKey: emailKey(n.identifier)})
}

func (n named) byPhone(ctx context.Context) (queries.User, error) {
	return n.q.UserByPhone(ctx, queries.UserByPhoneParams{
		OrganisationID: n.organisation, Kind: string(n.kind), Phone: n.identifier})
}

// firstUser returns what the first of the look-ups that finds anybody finds.
func firstUser(ctx context.Context, lookups ...func(context.Context) (queries.User, error)) (found *core.User, err error) {
	for _, lookup := range lookups {
		row, rowErr := lookup(ctx)
		if found, err = one(row, rowErr, "user", userOf); !isNotFound(err) {
			return found, err
		}
	}
	return nil, err
}

func userOf(row queries.User) (*core.User, error) {
	var d decoder
	u := &core.User{
		ID: row.ID, Number: row.Number, Kind: core.UserKind(row.Kind), OrganisationID: row.OrganisationID,
		Username: row.Username, Email: row.Email, Phone: row.Phone, FullName: row.FullName, GivenName: row.GivenName,
		FamilyName: row.FamilyName, EmailVerified: row.EmailVerified, PhoneVerified: row.PhoneVerified,
		Operator: row.Operator, Status: core.Status(row.Status), CreatedAt: instant(row.CreatedAt),
		UpdatedAt: instant(row.UpdatedAt),
	}
	d.into("profile", row.Profile, &u.Profile)
	return u, d.err
}
