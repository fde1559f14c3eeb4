package admin

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/secret"
)

// proofs remembers what has been hashed and compared, for an application that is
// worked out again. It lives as long as one call of Apply.
type proofs struct {
	matches map[string]int    // owner, value and stored forms -> which
	hashes  map[string]string // whose and value -> stored form
}

// credential is a secret or a password as a file gives it.
type credential struct {
	field    string // "secret", "password"
	owner    string
	plain    text
	hash     text
	password bool
	alone    bool // of an API key: the secret works without the id
}

func (a *application) password(e *edit, user *core.User, plain, hash text) {
	a.secret(e, credential{field: "password", owner: user.ID, plain: plain, hash: hash, password: true})
}

// secret makes what a file gives the one secret of its owner, unless it is that
// already.
func (a *application) secret(e *edit, c credential) {
	switch {
	case !c.plain.set() && !c.hash.set():
		return
	case c.plain.set() && c.hash.set():
		a.problem(c.hash.At, "give %s or %s_hash, not both", c.field, c.field)
		return
	}
	at, value := c.plain.At, ""
	if c.hash.set() {
		at = c.hash.At
		value = a.expand(c.hash)
	} else {
		value = a.expand(c.plain)
	}
	if value == "" {
		return
	}
	stored, err := a.service.Store.Secrets(a.ctx, c.owner)
	if a.fail(err) {
		return
	}
	if c.plain.set() {
		a.demo = a.demo || slices.Contains(a.options.DemoSecrets, value)
	} else if err := secret.Recognise(value); err != nil {
		a.problem(at, "%s_hash is not a hash that can be checked", c.field)
		return
	}
	matched, err := a.matches(c, value, stored)
	if err != nil {
		a.hashProblem(at, c.field, err)
		return
	}
	a.replace(e, c, at, value, stored, matched)
}

// matches returns which stored secret a value is, -1 for none.
func (a *application) matches(c credential, value string, stored []core.Secret) (int, error) {
	forms := make([]string, len(stored))
	for i, s := range stored {
		forms[i] = s.Hash
	}
	if c.hash.set() || len(forms) == 0 {
		return slices.Index(forms, value), nil
	}
	digest := a.service.Secrets.Digest(value)
	if i := slices.IndexFunc(stored, func(s core.Secret) bool { return s.Digest == digest }); i >= 0 {
		return i, nil
	}
	key := strings.Join(append([]string{c.owner, value}, forms...), "\x00")
	if matched, ok := a.proofs.matches[key]; ok {
		return matched, nil
	}
	verify := a.service.Secrets.Verify
	if c.password {
		verify = a.service.Secrets.VerifyPassword
	}
	matched, _, err := verify(a.ctx, "", value, forms...)
	if err == nil {
		a.proofs.matches[key] = matched
	}
	return matched, err
}

// replace stores a secret in place of all that its owner has, unless it is one of
// them. One that has ended does not come back: it was rotated out, or revoked.
func (a *application) replace(e *edit, c credential, at Place, value string, stored []core.Secret, matched int) {
	if matched >= 0 {
		if old := stored[matched]; !old.EndsAt.IsZero() && !a.service.now().Before(old.EndsAt) {
			if c.plain.set() {
				a.problem(at, "this %s was rotated out or revoked; give the new one, or leave it out", c.field)
			}
			return
		}
		if (stored[matched].Digest != "") == c.alone {
			return
		}
	}
	next := core.Secret{ID: a.service.newID(core.PrefixSecret), OwnerID: c.owner, CreatedAt: a.service.now()}
	if c.alone && !a.findAlone(c, at, value, &next) {
		return
	}
	var err error
	if next.Hash, err = a.hashed(e, c, value); err != nil {
		a.hashProblem(at, c.field, err)
		return
	}
	e.record(c.field, at, false, "(secret)", "(secret)")
	a.newSecrets = append(a.newSecrets, next)
}

// findAlone sets what a secret is found by when no id comes with it.
func (a *application) findAlone(c credential, at Place, value string, next *core.Secret) bool {
	next.Digest = value
	if c.plain.set() {
		next.Digest = a.service.Secrets.Digest(value)
	} else if !strings.HasPrefix(value, "hmac-sha256:") {
		a.problem(at, "a key that is presented without its id cannot be found by such a hash; set with_id")
		return false
	}
	key, _, err := a.service.Store.APIKeyByDigest(a.ctx, next.Digest)
	if a.fail(err) {
		return false
	}
	if owner := a.digests[next.Digest]; (owner != "" && owner != c.owner) || (err == nil && key.ID != c.owner) {
		a.problem(at, "another API key has this secret")
		return false
	}
	a.digests[next.Digest] = c.owner
	return true
}

// hashed returns the form to store. A dry run does not pay for it.
func (a *application) hashed(e *edit, c credential, value string) (string, error) {
	switch {
	case c.hash.set():
		return value, nil
	case a.options.DryRun:
		return "", nil
	case c.password:
		return a.remembered(e, value, a.service.Secrets.HashPassword)
	}
	return a.remembered(e, value, a.service.Secrets.Hash)
}

func (a *application) remembered(e *edit, value string, hash func(context.Context, string) (string, error)) (string, error) {
	key := e.key + "\x00" + value // ids of what is new differ from attempt to attempt
	if form, ok := a.proofs.hashes[key]; ok {
		return form, nil
	}
	form, err := hash(a.ctx, value)
	if err == nil {
		a.proofs.hashes[key] = form
	}
	return form, err
}

func (a *application) hashProblem(at Place, field string, err error) {
	if errors.Is(err, secret.ErrTooLong) {
		a.problem(at, "%s is longer than 1024 bytes", field)
		return
	}
	a.fail(err)
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces ${NAME} by what the environment holds. It returns "" after a
// problem.
func (a *application) expand(v text) string {
	missing := false
	value := variable.ReplaceAllStringFunc(v.Value, func(reference string) string {
		name := variable.FindStringSubmatch(reference)[1]
		value, ok := "", false
		if a.options.LookupEnv != nil {
			value, ok = a.options.LookupEnv(name)
		}
		if !ok || value == "" {
			a.problem(v.At, "the environment variable %s is not set", name)
			missing = true
		}
		return value
	})
	if missing {
		return ""
	}
	if value == "" {
		a.problem(v.At, "a secret must not be empty")
	}
	return value
}
