package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Invitation returns the invitation with an id, ended or not. It is never cached.
func (s *Store) Invitation(ctx context.Context, id string) (*core.Invitation, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Invitation, error) {
		row, err := s.read.Invitation(ctx, id)
		return one(row, err, "invitation", invitationOf)
	})
}

// InvitationByDigest returns the invitation whose secret has a digest.
func (s *Store) InvitationByDigest(ctx context.Context, digest string) (*core.Invitation, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Invitation, error) {
		row, err := s.read.InvitationByDigest(ctx, digest)
		return one(row, err, "invitation", invitationOf)
	})
}

// OpenInvitations returns those of an organisation that can be accepted at now,
// oldest first.
func (s *Store) OpenInvitations(ctx context.Context, organisationID string, now time.Time) ([]*core.Invitation, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Invitation, error) {
		rows, err := s.read.OpenInvitations(ctx, queries.OpenInvitationsParams{OrganisationID: organisationID, Now: millis(now)})
		return each(rows, err, "invitations", invitationOf)
	})
}

// InsertInvitation inserts an invitation; its id must be new. It counts as a change
// of what is cached: who gives a role away must still have it.
func (tx *Tx) InsertInvitation(i *core.Invitation) error {
	tx.fillID(&i.ID, core.PrefixInvitation)
	return tx.change("invitation", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertInvitation(ctx, queries.InsertInvitationParams{
			ID: i.ID, OrganisationID: i.OrganisationID, AccountID: i.AccountID, RoleID: i.RoleID, Email: i.Email,
			Digest: i.Digest, InvitedBy: i.InvitedBy, CreatedAt: tx.createdAt(i.CreatedAt), ExpiresAt: millis(i.ExpiresAt),
		})
	})
}

// EndInvitation ends an open invitation, and reports whether this call did:
// acceptedBy is who accepted it, empty when it was withdrawn.
func (tx *Tx) EndInvitation(id string, at time.Time, acceptedBy string) (bool, error) {
	ended, err := tx.changed("invitation", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.EndInvitation(ctx, queries.EndInvitationParams{ID: id, At: millis(at), AcceptedBy: acceptedBy})
	})
	return ended > 0, err
}

func invitationOf(row queries.Invitation) (*core.Invitation, error) {
	return &core.Invitation{
		ID: row.ID, OrganisationID: row.OrganisationID, AccountID: row.AccountID, RoleID: row.RoleID, Email: row.Email,
		Digest: row.Digest, InvitedBy: row.InvitedBy, CreatedAt: instant(row.CreatedAt), ExpiresAt: instant(row.ExpiresAt),
		EndedAt: instant(row.EndedAt), AcceptedBy: row.AcceptedBy,
	}, nil
}
