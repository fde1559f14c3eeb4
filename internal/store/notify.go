package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// notification is what nodes on PostgreSQL tell each other of changes by. It is
// sent with the commit that changes what is cached, and only says: look.
const notification = "claviger_cache"

// listenAgain is how long a node waits before it listens again after the
// connection was lost. Until then, and where a notification gets lost, poll
// notices a change by itself.
const listenAgain = time.Second

// listen has poll look at once when a node says that something has changed, until
// ctx ends. It has a connection of its own, which reads cannot take from it.
func (s *Store) listen(ctx context.Context, config *pgx.ConnConfig) {
	for {
		s.hear(ctx, config)
		timer := time.NewTimer(listenAgain)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// hear listens for as long as the connection lasts. Why it ended is of no
// interest: poll finds out what matters.
func (s *Store) hear(ctx context.Context, config *pgx.ConnConfig) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return
	}
	defer func() {
		closing, done := context.WithTimeout(context.WithoutCancel(ctx), listenAgain)
		defer done()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+notification); err != nil {
		return
	}
	s.look() // at what was missed
	for {
		heard, err := conn.WaitForNotification(ctx)
		if err != nil {
			return
		}
		if heard.Payload != s.node { // what this node changes, it knows
			s.look()
		}
	}
}

// announcement is the statement that tells the other nodes. The id of this one is
// letters and digits.
func (s *Store) announcement() string { return "NOTIFY " + notification + ", '" + s.node + "'" }

// look has poll look soon; several calls are as good as one.
func (s *Store) look() {
	select {
	case s.looks <- struct{}{}:
	default:
	}
}
