package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/keys"
	"claviger/internal/message"
	"claviger/internal/permission"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
)

// Environment is what an instance takes from outside, beside its configuration.
type Environment struct {
	Log  *slog.Logger
	Now  func() time.Time
	Rand io.Reader
	// Inbox, for development, takes every message in place of mail and SMS, and is
	// shown on a page; nil: they leave as configured.
	Inbox *message.Inbox
	// Beside, for development, is an API on the same origin: handlers by pattern of
	// http.ServeMux, without methods.
	Beside map[string]http.Handler
}

// Instance is an installation without its endpoints: what the command line and
// the server both work on.
type Instance struct {
	Config  *config.Config
	Store   *store.Store
	Secrets *secret.Hasher
	Ring    *tokens.Ring
	Admin   *admin.Service
	Decider *permission.Decider

	environment Environment
	master      keys.MasterKey
}

// Labels of the keys that are derived from the master key. A label never
// changes its meaning: what was stored under it would no longer match.
const (
	labelDigest     = "secret digest"
	labelSuccessor  = "refresh token successor"
	labelRefreshJWT = "refresh token jwt"
	labelPairwise   = "pairwise subject"
	labelDevice     = "device cookie"
)

// provenFor is how long a password that proved right is answered from memory.
const provenFor = 5 * time.Minute

// Open opens the database and the master key of a configuration. It migrates
// where the configuration says so, and otherwise fails on a database that is
// not as this binary needs it.
func Open(ctx context.Context, config *config.Config, env Environment) (*Instance, error) {
	master, err := masterKey(config)
	if err != nil {
		return nil, err
	}
	db, err := OpenStore(ctx, config, env)
	if err != nil {
		return nil, err
	}
	instance := assemble(config, env, master, db)
	if err := instance.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return instance, nil
}

// OpenStore opens the database of a configuration as it is, without the master
// key and without migrating: for the migration itself.
func OpenStore(ctx context.Context, config *config.Config, env Environment) (*store.Store, error) {
	return store.Open(ctx, store.Options{
		URL: config.DatabaseURL.Reveal(), Now: env.Now, Rand: env.Rand, Log: env.Log, CacheEntries: config.CacheEntries,
	})
}

func assemble(config *config.Config, env Environment, master keys.MasterKey, db *store.Store) *Instance {
	hasher := &secret.Hasher{
		Key:    master.Derive(labelDigest),
		Pool:   secret.NewPool(config.PasswordHashing.Parallel, config.PasswordHashing.Queue),
		Proven: secret.NewProven(env.Now, env.Rand, 10_000, provenFor),
		Rand:   env.Rand,
	}
	instance := &Instance{
		Config: config, Store: db, Secrets: hasher, environment: env, master: master,
		Ring: &tokens.Ring{
			Store: db, Master: master, Algorithm: config.SigningAlgorithm, Log: env.Log, Now: env.Now, Rand: env.Rand,
		},
		Decider: permission.New(db, env.Now),
	}
	instance.Admin = &admin.Service{
		Store: db, Secrets: hasher, Now: env.Now, Rand: env.Rand, Ring: instance.Ring, Rotation: instance.Rotation(),
	}
	return instance
}

func (i *Instance) prepare(ctx context.Context) error {
	if err := i.Store.Unfinished(ctx); err != nil {
		return err
	}
	if i.Config.Migrate == config.MigrateAuto {
		if _, _, err := i.Store.Migrate(ctx); err != nil {
			return err
		}
	} else if err := i.checkSchema(ctx); err != nil {
		return err
	}
	return i.Ring.Open(ctx)
}

func (i *Instance) checkSchema(ctx context.Context) error {
	have, want, err := i.Store.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if have < want {
		return fmt.Errorf("the database has schema version %d, this binary needs %d: run \"claviger migrate\"", have, want)
	}
	_, _, err = i.Store.Migrate(ctx) // there is nothing to do, unless the schema is too new
	return err
}

// Rotation is how signing keys follow each other: published an hour before they
// sign, and kept until the last token they signed has expired.
func (i *Instance) Rotation() keys.Rotation {
	return keys.Rotation{Lead: time.Hour, Keep: LongestAccessToken + time.Minute}
}

// LongestAccessToken is what the configuration and the dialects may set at most.
const LongestAccessToken = 24 * time.Hour

// Close writes what is waiting and closes the database.
func (i *Instance) Close() error { return i.Store.Close() }

func masterKey(config *config.Config) (keys.MasterKey, error) {
	if config.MasterKey != "" {
		return keys.ParseMasterKey(config.MasterKey.Reveal())
	}
	return keys.LoadMasterKey(config.MasterKeyFile)
}
