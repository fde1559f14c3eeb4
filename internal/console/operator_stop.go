package console

import (
	"net/http"

	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// stopping asks by name before something is stopped, and lets it go again without.
type stopping struct {
	what, name, path, back, version string
	crumbs                          []web.Link
	status                          core.Status
	set                             func(version string, status core.Status) error
	done                            string
}

// hidden is what its forms carry: what is wanted, of the thing as it was seen. Sent
// again, a form never asks for the opposite.
func (s *stopping) hidden(wanted core.Status) map[string]string {
	return map[string]string{"version": s.version, "status": string(wanted)}
}

// stop serves the page, and the form on the page of the thing that lets it go again.
func (c *Console) stop(p *page, s stopping) error {
	if !c.provedLately(p) {
		return nil
	}
	if p.form == nil {
		if s.status != core.Active {
			return c.done(p, s.back, "done_already")
		}
		return c.askStop(p, http.StatusOK, &s, core.Disabled, nil)
	}
	wanted := core.Status(p.form["status"])
	switch {
	case wanted != core.Active && wanted != core.Disabled:
		return oauth.NewError(oauth.ReasonInvalidValue).At("status")
	case wanted == s.status:
		return c.done(p, s.back, "done_already")
	case wanted == core.Disabled && !web.Confirmed(p.form[web.FieldConfirm], s.name):
		return c.askStop(p, http.StatusBadRequest, &s, wanted, wrongs{web.FieldConfirm: c.text(p, "people.confirm")})
	}
	if err := s.set(p.form["version"], wanted); err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askStop(p, status, &s, wanted, wrong)
	}
	return c.done(p, s.back, s.done)
}

// askStop asks for the name before something is stopped. To let it go again it asks
// only where that has failed.
func (c *Console) askStop(p *page, status int, s *stopping, wanted core.Status, wrong wrongs) error {
	said := func(key string, args ...any) string { return c.text(p, "op."+s.what+"."+key, args...) }
	data := web.Console{Title: s.name, Crumbs: s.crumbs}
	if wanted == core.Active {
		data.Blocks = []web.Block{web.Form{ID: "start", Path: s.path, Submit: c.text(p, "op.start"), Hidden: s.hidden(wanted), Cancel: c.cancel(p, s.back)}}
	} else {
		data.Title = said("stop.title", s.name)
		data.Blocks = []web.Block{web.Confirm{
			ID: "stop", Text: said("stop.text"), Name: s.name, Path: s.path, Submit: said("stop"), Problem: wrong[web.FieldConfirm],
			Hidden: s.hidden(wanted), Cancel: c.cancel(p, s.back),
		}}
		delete(wrong, web.FieldConfirm)
	}
	data.Problems = wrong.of(nil)
	return c.render(p, status, data)
}

// stopAction leads to stop, or lets go again at once.
func (c *Console) stopAction(p *page, s stopping) web.Action {
	if s.status == core.Active {
		return web.Action{Label: c.text(p, "op."+s.what+".stop"), Path: s.path, Danger: true}
	}
	return web.Action{Label: c.text(p, "op.start"), Path: s.path, Post: true, Hidden: s.hidden(core.Active)}
}
