package console

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"claviger/internal/authorize"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// wrongs is what is wrong with a form, by field; "" is of none of them.
type wrongs map[string]string

// wrong says what is wrong with what was posted, in the language of the page, and the
// status of showing the form again. An error is one that the form cannot show.
func (c *Console) wrong(p *page, err error) (wrongs, int, error) {
	refused := oauth.RefusalOf(err)
	if refused == nil || refused.Reason == oauth.ReasonNotFound && refused.Param == "id" {
		return nil, 0, err
	}
	if refused.Param == "new_password" {
		return wrongs{"new_password": c.Pages.Text(p.locale, authorize.PasswordKey(err))}, refused.Status, nil
	}
	if refused.Reason == oauth.ReasonChanged {
		return wrongs{"": c.text(p, "changed")}, refused.Status, nil
	}
	said := refused.Description
	for _, key := range []string{string(refused.Reason), string(refused.Reason) + "." + refused.Param} {
		if text := c.text(p, "people.wrong."+key); text != "console.people.wrong."+key {
			said = text
		}
	}
	return wrongs{refused.Param: said}, refused.Status, nil
}

// of gives the fields of a form what is wrong with them, and returns the rest: what is
// wrong with none of them.
func (w wrongs) of(fields []web.Field) (rest []web.FormProblem) {
	left := maps.Clone(w)
	for i := range fields {
		fields[i].Problem = left[fields[i].Name]
		delete(left, fields[i].Name)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		rest = append(rest, web.FormProblem{Text: left[name]})
	}
	return rest
}

// asked is a parameter of the address, cut where nobody would write as much.
func (p *page) asked(name string) string {
	value := p.r.URL.Query().Get(name)
	return value[:min(len(value), longestAsked)]
}

const longestAsked = 200

// with is the address of this page with other parameters; empty ones are left out.
func (p *page) with(names []string, changes map[string]string) string {
	query := url.Values{}
	for _, name := range names {
		value, changed := changes[name]
		if !changed {
			value = p.asked(name)
		}
		if value != "" {
			query.Set(name, value)
		}
	}
	return "?" + query.Encode()
}

// rowsPerPage is how many rows of a list are on a page.
const rowsPerPage = 50

// onPage returns the rows of the page that is asked for, and the way to the others.
func onPage[T any](c *Console, p *page, all []T, names ...string) ([]T, web.Pager) {
	number, err := strconv.Atoi(p.asked("page"))
	if last := (len(all) + rowsPerPage - 1) / rowsPerPage; err != nil || number < 1 || number > last {
		number = 1
	}
	from, to := (number-1)*rowsPerPage, min(number*rowsPerPage, len(all))
	names = append(names, "page")
	var pager web.Pager
	if number > 1 {
		pager.Previous = p.with(names, map[string]string{"page": strconv.Itoa(number - 1)})
	}
	if to < len(all) {
		pager.Next = p.with(names, map[string]string{"page": strconv.Itoa(number + 1)})
	}
	if len(all) > rowsPerPage {
		pager.Text = c.text(p, "members.rows", from+1, to, len(all))
	}
	return all[from:to], pager
}

// roleOptions are roles to choose from, by name.
func roleOptions(roles []*core.Role, chosen string) []web.Option {
	var options []web.Option
	for _, role := range roles {
		options = append(options, web.Option{Value: role.Code, Label: role.Name, Selected: role.Code == chosen})
	}
	return options
}
