package console

import (
	"net/http"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// changeable is the key of a page that changes it.
func (c *Console) changeable(p *page) (*keyLine, error) {
	k, err := c.key(p)
	if err == nil && !p.may.APIKeys.Change {
		err = oauth.NewError(oauth.ReasonPermissionDenied)
	}
	return k, err
}

// editKey changes the name, the end and the addresses of a key.
func (c *Console) editKey(p *page) error {
	k, err := c.changeable(p)
	if err != nil || !c.provedLately(p) {
		return err
	}
	if p.form == nil {
		return c.askEdit(p, http.StatusOK, k, nil)
	}
	name, addresses, mode := p.form["name"], strings.Fields(p.form["allowed_addresses"]), modeOf(p)
	change := admin.APIKeyChange{Name: &name, AllowedFrom: &addresses, AddressMode: &mode}
	end, ok := endOfDay(p.form["expires_at"])
	if !ok || (end.IsZero() && !admin.KeysEndure(k.Dialect)) {
		return c.askEdit(p, http.StatusBadRequest, k, wrongs{"expires_at": c.text(p, "keys.wrong.day")})
	}
	if p.form["expires_at"] != dayOf(k.ExpiresAt) { // a key ends at a moment, of which the form shows the day
		change.ExpiresAt = &end
	}
	if _, err = c.Admin.UpdateAPIKey(p.r.Context(), p.actor(), k.ID, p.form["version"], change); err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askEdit(p, status, k, wrong)
	}
	return c.done(p, p.path("api-keys", k.ID), "key_changed")
}

// dayOf is the day that the form shows for the end of a key.
func dayOf(end time.Time) string {
	if end.IsZero() {
		return ""
	}
	return end.Add(-time.Millisecond).UTC().Format(time.DateOnly)
}

// askEdit shows the form. Where somebody else has changed the key meanwhile, it stands
// above as it is now.
func (c *Console) askEdit(p *page, status int, k *keyLine, wrong wrongs) error {
	name, end, addresses := k.Name, dayOf(k.ExpiresAt), strings.Join(k.AllowedFrom, "\n")
	report := k.AddressMode == core.AddressReport
	if p.form != nil {
		name, end, addresses, report = p.form["name"], p.form["expires_at"], p.form["allowed_addresses"], p.form["report"] != ""
	}
	last := web.Field{Name: "expires_at", Label: c.text(p, "keys.ends"), Kind: web.KindDate, Value: end, Min: c.Now().UTC().Format(time.DateOnly)}
	if !admin.KeysEndure(k.Dialect) {
		last.Required, last.Max, last.Hint = true, max(lastDay(k.CreatedAt.Add(core.APIKeyMaxAge)), dayOf(k.ExpiresAt)), c.text(p, "keys.ends.hint")
	}
	path := p.path("api-keys", k.ID)
	form := web.Form{
		ID: "key", Path: path + "/edit", Submit: c.text(p, "people.save"), Hidden: map[string]string{"version": admin.Version(k.APIKey)},
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: path},
		Fields: append([]web.Field{{Name: "name", Label: c.text(p, "keys.name"), Value: name, Required: true, MaxLength: 100, Autocomplete: "off"}, last},
			c.addressFields(p, addresses, report)...),
	}
	data := c.keyPage(p, k)
	data.Problems = wrong.of(form.Fields)
	var err error
	if data.Blocks, err = c.withNow(p, status, form, func() (web.Facts, error) { return c.keyFacts(p, k) }); err != nil {
		return err
	}
	return c.render(p, status, data)
}

// setKey lets a key work, or stops it until it is let again.
func (c *Console) setKey(enabled bool, done string) func(*page) error {
	return func(p *page) error {
		k, err := c.changeable(p)
		if err == nil && p.form != nil {
			if enabled && !c.provedLately(p) {
				return nil
			}
			if _, err = c.Admin.SetAPIKeyEnabled(p.r.Context(), p.actor(), k.ID, enabled); err == nil {
				return c.done(p, p.path("api-keys", k.ID), done)
			}
		}
		if err != nil {
			return err
		}
		return c.showKey(p)
	}
}

// overlaps are how long an old secret may still work, in hours.
var overlaps = []string{"0", "1", "24", "168", "720"}

// overlapField asks how long the old secret goes on working.
func (c *Console) overlapField(p *page) web.Field {
	chosen := "24"
	if p.form != nil {
		chosen = p.form["overlap"]
	}
	field := web.Field{Name: "overlap", Label: c.text(p, "secret.overlap"), Kind: web.KindRadios, Required: true}
	for _, hours := range overlaps {
		option := web.Option{Value: hours, Label: c.text(p, "secret.overlap."+hours), Selected: hours == chosen}
		if hours == "0" {
			option.Hint = c.text(p, "secret.overlap.0.hint")
		}
		field.Options = append(field.Options, option)
	}
	return field
}

// overlap reads overlapField; false: it is none that was offered.
func (p *page) overlap() (time.Duration, bool) {
	for _, hours := range overlaps {
		if p.form["overlap"] == hours {
			d, err := time.ParseDuration(hours + "h")
			return d, err == nil
		}
	}
	return 0, false
}

// rotateForm asks to replace a secret.
func (c *Console) rotateForm(p *page, path, back string) (web.Form, []web.FormProblem) {
	form := web.Form{
		ID: "rotate", Title: c.text(p, "secret.rotate.title"), Text: c.text(p, "secret.rotate.text"), Path: path, Submit: c.text(p, "secret.rotate"),
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: back}, Fields: []web.Field{c.overlapField(p)},
	}
	wrong := wrongs{}
	if p.form != nil {
		wrong["overlap"] = c.text(p, "secret.overlap.wrong")
	}
	return form, wrong.of(form.Fields)
}

// rotateKey gives a key another secret.
func (c *Console) rotateKey(p *page) error {
	k, err := c.changeable(p)
	if err != nil || !c.provedLately(p) {
		return err
	}
	overlap, ok := p.overlap()
	if !ok {
		path := p.path("api-keys", k.ID)
		form, problems := c.rotateForm(p, path+"/rotate", path)
		data, status := c.keyPage(p, k, form), http.StatusOK
		if data.Problems = problems; p.form != nil {
			status = http.StatusBadRequest
		}
		return c.render(p, status, data)
	}
	key, secret, err := c.Admin.RotateAPIKey(p.r.Context(), p.actor(), k.ID, overlap)
	if err != nil {
		return err
	}
	return c.keyMade(p, key, secret, "rotated")
}

// keyMade shows the secret of a key, this once, and how to use it.
func (c *Console) keyMade(p *page, key *core.APIKey, secret, what string) error {
	k, err := c.keyLine(p, key)
	if err != nil {
		return err
	}
	facts, err := c.keyFacts(p, k)
	if err != nil {
		return err
	}
	facts.Actions = nil
	data := c.keyPage(p, k, web.Secret{
		ID: "secret", Title: c.text(p, "keys.done."+what, k.Name), Text: c.text(p, "keys.made.text"), Label: c.text(p, "keys.secret"), Value: secret,
	}, facts)
	if format := c.formatNamed(p, k.Dialect); format.token != "" {
		sample := "curl --request POST --user '" + k.ID + "' " + c.Issuer + format.token
		if format.name == "" {
			sample += " \\\n  --data grant_type=client_credentials"
		}
		data.Blocks = append(data.Blocks, web.Prose{ID: "try", Title: c.text(p, "keys.try"), Text: c.text(p, "keys.try.text"), Code: sample})
	}
	data.Actions = []web.Link{{Label: c.text(p, "keys.kept"), Path: p.path("api-keys", k.ID)}}
	return c.render(p, http.StatusOK, data)
}

// revokeKey ends a key for good, once its name is typed.
func (c *Console) revokeKey(p *page) error {
	k, err := c.changeable(p)
	if err != nil {
		return err
	}
	if k.state == admin.KeyRevoked {
		return c.done(p, p.path("api-keys", k.ID), "key_revoked")
	}
	confirm := web.Confirm{
		ID: "revoke", Title: c.text(p, "keys.revoke.title"), Text: c.text(p, "keys.revoke.text"),
		Consequences: []string{c.text(p, "keys.revoke.at_once"), c.text(p, "keys.revoke.tokens"), c.text(p, "keys.revoke.record")},
		Name:         k.Name, Path: p.path("api-keys", k.ID, "revoke"), Submit: c.text(p, "keys.revoke"),
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("api-keys", k.ID)},
	}
	switch {
	case p.form == nil:
		return c.render(p, http.StatusOK, c.keyPage(p, k, confirm))
	case !web.Confirmed(p.form[web.FieldConfirm], k.Name):
		confirm.Problem = c.text(p, "people.confirm")
		return c.render(p, http.StatusBadRequest, c.keyPage(p, k, confirm))
	}
	if err := c.Admin.RevokeAPIKey(p.r.Context(), p.actor(), k.ID); err != nil {
		return err
	}
	return c.done(p, p.path("api-keys", k.ID), "key_revoked")
}
