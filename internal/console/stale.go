package console

import (
	"net/http"
	"strings"

	"claviger/internal/web"
)

// withNow returns the blocks of a form. Where somebody else changed the thing meanwhile,
// it stands above as it is now: the form keeps what was typed, and carries the version
// of now, so that whoever sends it again has seen what it replaces.
func (c *Console) withNow(p *page, status int, form web.Form, now func() (web.Facts, error)) ([]web.Block, error) {
	if status != http.StatusPreconditionFailed {
		return []web.Block{form}, nil
	}
	facts, err := now()
	if err != nil {
		return nil, err
	}
	facts.ID, facts.Title, facts.Text, facts.Actions = "now", c.text(p, "keys.now"), "", nil
	return []web.Block{facts, form}, nil
}

// stored are the facts of a thing, by the fields that it is changed in.
func (c *Console) stored(p *page, fields []web.Field) func() (web.Facts, error) {
	return func() (web.Facts, error) {
		var facts web.Facts
		for _, field := range fields {
			facts.Items = append(facts.Items, web.Fact{Label: field.Label, Value: c.valueOf(p, field)})
		}
		return facts, nil
	}
}

// valueOf is what a field holds, in words.
func (c *Console) valueOf(p *page, field web.Field) web.Cell {
	switch field.Kind {
	case web.KindSelect, web.KindRadios, web.KindCheckboxes:
		var cell web.Cell
		for _, option := range field.Options {
			if option.Selected {
				cell.List = append(cell.List, option.Label)
			}
		}
		return cell
	case web.KindTextarea:
		var cell web.Cell
		if field.Value != "" {
			cell.List = strings.Split(field.Value, "\n")
		}
		return cell
	case web.KindSwitch:
		if field.Value != "" {
			return web.Cell{Text: c.text(p, "yes")}
		}
		return web.Cell{Text: c.text(p, "no")}
	}
	return web.Cell{Text: field.Value}
}
