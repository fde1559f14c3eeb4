package server

import (
	"context"
	"errors"
	"time"

	"claviger/internal/config"
	"claviger/internal/store"
)

// Restored is what a restore has done.
type Restored struct {
	*store.Ended
	At      time.Time // now
	Version int64     // of the schema
	Kept    string    // file that was the database before; empty: there was none
}

// Restore makes a backup the database of a configuration. It ends everything in it
// that may have been used up since, and tries it with the master key, before it is
// put in place (R26).
func Restore(ctx context.Context, settings *config.Config, env Environment, backup string, replace bool) (*Restored, error) {
	staged, err := store.StageRestore(ctx, backup, settings.DatabaseURL.Reveal(), replace)
	if staged != nil {
		defer staged.Discard()
	}
	if err != nil {
		return nil, err
	}
	at := *settings
	at.DatabaseURL = config.Hidden(staged.URL)
	restored, err := EndMoving(ctx, &at, env)
	if err != nil {
		return nil, err
	}
	restored.Kept, err = staged.Place(env.Now())
	return restored, err
}

// EndMoving ends everything in the database of a configuration that may have been
// used up or revoked since the state that it was brought back to by other means. It
// returns when the moment has come from which on access tokens count.
func EndMoving(ctx context.Context, settings *config.Config, env Environment) (*Restored, error) {
	version, err := migrate(ctx, settings, env)
	if err != nil {
		return nil, err
	}
	now := env.Now()
	until := now.Truncate(time.Second).Add(time.Second) // iat is whole seconds
	ended, err := store.EndMoving(ctx, settings.DatabaseURL.Reveal(), now, until, env.Rand)
	if err != nil {
		return nil, err
	}
	instance, err := Open(ctx, settings, env) // the master key is that of these data, or nothing works
	if err != nil {
		return nil, err
	}
	if err := instance.Close(); err != nil {
		return nil, err
	}
	if !pause(ctx, max(0, until.Sub(env.Now()))) {
		return nil, context.Cause(ctx)
	}
	return &Restored{Ended: ended, At: now, Version: version}, nil
}

func migrate(ctx context.Context, settings *config.Config, env Environment) (version int64, err error) {
	db, err := OpenStore(ctx, settings, env)
	if err != nil {
		return 0, err
	}
	_, version, err = db.Migrate(ctx)
	return version, errors.Join(err, db.Close())
}
