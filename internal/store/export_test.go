package store

import (
	"context"
	"time"
)

// ExecForTest runs a statement as nobody's job.
func (s *Store) ExecForTest(ctx context.Context, statement string) error {
	return s.Write(ctx, func(tx *Tx) error {
		if _, err := tx.open(); err != nil {
			return err
		}
		_, err := tx.group.writer.session.ExecContext(tx.ctx, statement)
		return tx.fail(failure("test", err))
	})
}

// PollInterval is how often a node looks for changes unless it is told otherwise.
const PollInterval = defaultPollInterval

// AssertDurable is the check of Open, for a database opened otherwise.
var AssertDurable = assertDurable

// TrustForTest sets how long the state of a grant is good for after a look at the
// database, before anybody asks.
func (s *Store) TrustForTest(d time.Duration) { s.trusted = d }
