package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Answer returns what was answered under an id, unless it has expired at now. It is
// never cached.
func (s *Store) Answer(ctx context.Context, id string, now time.Time) (*core.Answer, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Answer, error) {
		row, err := s.read.Answer(ctx, queries.AnswerParams{ID: id, Now: millis(now)})
		return one(row, err, "answer", answerOf)
	})
}

// InsertAnswer keeps an answer: core.ErrConflict when there is one under the id that
// has not expired at now. Of two requests with one id, one gets through.
func (tx *Tx) InsertAnswer(a *core.Answer, now time.Time) error {
	return tx.do("answer", func(ctx context.Context, q *queries.Queries) error {
		if err := q.DeleteAnswer(ctx, queries.DeleteAnswerParams{ID: a.ID, Now: millis(now)}); err != nil {
			return err
		}
		return q.InsertAnswer(ctx, queries.InsertAnswerParams{
			ID: a.ID, Request: a.Request, Sealed: a.Sealed, ExpiresAt: millis(a.ExpiresAt)})
	})
}

func answerOf(row queries.Answer) (*core.Answer, error) {
	return &core.Answer{ID: row.ID, Request: row.Request, Sealed: row.Sealed, ExpiresAt: instant(row.ExpiresAt)}, nil
}
