package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"claviger/client"
	"claviger/internal/keys"
)

type keyCommand struct {
	List         keyList      `cmd:"" help:"List the signing keys and what each is for now."`
	Rotate       keyRotate    `cmd:"" help:"Make a new signing key. It is published first and signs an hour later, so that no verifier meets it unprepared."`
	CreateMaster createMaster `cmd:"" help:"Make the master key of a new installation, in a file."`
}

type keyList struct {
	reach
	JSON bool `name:"json" help:"Print JSON."`
}

// listedSigningKey is a signing key as --json prints it.
type listedSigningKey struct {
	ID        string    `json:"kid"`
	Algorithm string    `json:"algorithm"`
	State     string    `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	ActiveAt  time.Time `json:"active_at"`
	RetiredAt time.Time `json:"retired_at,omitzero"`
	RemovedAt time.Time `json:"removed_at,omitzero"`
}

// Run lists the signing keys, oldest first.
func (a *keyList) Run(ctx context.Context, c *command) error {
	api, done, err := c.reach(ctx, a.reach)
	if err != nil {
		return err
	}
	defer done()
	listed := []listedSigningKey{}
	var rows [][]string
	for k, err := range api.SigningKeys(ctx) {
		if err != nil {
			return err
		}
		state := signingState(k.ActiveAt, k.RetiredAt, k.RemovedAt, c.now())
		listed = append(listed, listedSigningKey{k.ID, k.Algorithm, state, k.CreatedAt, k.ActiveAt, k.RetiredAt, k.RemovedAt})
		rows = append(rows, []string{k.ID, k.Algorithm, state, stamp(k.CreatedAt), stamp(k.ActiveAt), stamp(k.RetiredAt), stamp(k.RemovedAt)})
	}
	if a.JSON {
		return c.json(listed)
	}
	c.table([]string{"KID", "ALGORITHM", "STATE", "CREATED", "SIGNS FROM", "SIGNS UNTIL", "PUBLISHED UNTIL"}, rows)
	return nil
}

// signingState is the one word for what a signing key does now.
func signingState(active, retired, removed, now time.Time) string {
	switch {
	case !removed.IsZero() && !now.Before(removed):
		return "removed"
	case !retired.IsZero() && !now.Before(retired):
		return "retired"
	case now.Before(active):
		return "next"
	}
	return "signing"
}

type keyRotate struct {
	reach
	Algorithm string `placeholder:"NAME" help:"ES256, EdDSA or RS256. Without it, the one that access tokens are signed with."`
	Now       bool   `help:"Sign with the new key at once: for a key that may have leaked. Verifiers that keep the key set for a while refuse new tokens until they fetch it again."`
}

// Run makes the key. A running server follows within seconds.
func (a *keyRotate) Run(ctx context.Context, c *command) error {
	if a.Server != "" {
		return a.ask(ctx, c)
	}
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	algorithm := cmp.Or(a.Algorithm, instance.Config.SigningAlgorithm)
	fresh, err := instance.Admin.RotateSigningKey(ctx, operator, algorithm, a.Now)
	if err != nil {
		return err
	}
	c.fields("kid", fresh.ID, "algorithm", fresh.Algorithm, "signs from", stamp(fresh.ActiveAt))
	if algorithm != instance.Config.SigningAlgorithm {
		c.print("\nIt signs the ID tokens of clients that take %s. For access tokens too, set signing_algorithm to %s.\n",
			algorithm, algorithm)
	}
	return nil
}

// ask has a server make the key.
func (a *keyRotate) ask(ctx context.Context, c *command) error {
	switch {
	case a.Now:
		return misused("--now is for the machine of the database: a server rotates as it should be")
	case a.Algorithm == "":
		return misused("--algorithm says which key is to be succeeded: with --server it is needed")
	}
	return show(ctx, c, a.reach, output{}, func(api *client.Client) (*client.SigningKey, error) {
		return api.RotateSigningKey(ctx, a.Algorithm)
	}, func(k *client.SigningKey) []string {
		return []string{"kid", k.ID, "algorithm", k.Algorithm, "signs from", stamp(k.ActiveAt)}
	}, "")
}

type createMaster struct {
	place
	File string `arg:"" optional:"" help:"New file for the key. Without it, the one that the configuration names."`
}

// Run makes a master key. It never replaces one.
func (a *createMaster) Run(c *command) error {
	file, err := a.file(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	_, err = keys.CreateMasterKey(file, c.rand)
	if errors.Is(err, fs.ErrExist) {
		return failed("%s exists already and is left as it is: without the key in it, the signing keys and every "+
			"machine secret of its database are lost", file)
	}
	if err != nil {
		return err
	}
	c.print("Created the master key %s, readable by its owner alone.\n"+
		"Keep a copy apart from the copies of the database: neither is of use without the other.\n", plain(file))
	return nil
}

func (a *createMaster) file(c *command) (string, error) {
	if a.File != "" {
		return a.File, nil
	}
	config, err := c.load(a.place)
	if err != nil {
		return "", err
	}
	if config.MasterKey != "" {
		return "", misused("the configuration takes the master key from %s; name a FILE to make another one",
			config.Source("master_key"))
	}
	return config.MasterKeyFile, nil
}
