package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"claviger/internal/store"
	"claviger/oauth"
)

// Paging is how lists are asked for.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"The next_cursor of the page before, with all other parameters the same."`
}

// List is a page of a list.
type List[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"There is more: ask again with it as cursor."`
}

// cursor says where a page ended. List says of what, so that it fits nowhere else.
type cursor struct {
	List string `json:"l"`
	Key  string `json:"k"`
	ID   string `json:"i"`
}

// seal makes the opaque text of a cursor: its JSON behind a keyed digest (F10).
func (a *API) seal(c cursor) string {
	plain, err := json.Marshal(c)
	if err != nil {
		panic("api: " + err.Error()) // three texts always marshal
	}
	return base64.RawURLEncoding.EncodeToString(append(a.sum(plain), plain...))
}

const sumLength = 16

func (a *API) sum(plain []byte) []byte {
	mac := hmac.New(sha256.New, a.cursors)
	_, _ = mac.Write(plain)
	return mac.Sum(nil)[:sumLength]
}

// open is the reverse of seal: nil for no cursor.
func (a *API) open(text, list string) (*cursor, error) {
	if text == "" {
		return nil, nil
	}
	refused := oauth.NewError(oauth.ReasonInvalidValue).At("cursor").Describe("The cursor is not one of this list.")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < sumLength || !hmac.Equal(raw[:sumLength], a.sum(raw[sumLength:])) {
		return nil, refused
	}
	var c cursor
	if err := json.Unmarshal(raw[sumLength:], &c); err != nil || c.List != list {
		return nil, refused
	}
	return &c, nil
}

// entry is what a list is sorted by: a text that sorts as it should, then the id.
type entry struct{ key, id string }

func (e entry) compare(other entry) int {
	if order := strings.Compare(e.key, other.key); order != 0 {
		return order
	}
	return strings.Compare(e.id, other.id)
}

// instant is a time as a text that sorts.
func instant(t time.Time) string { return t.UTC().Format("20060102150405.000") }

// sortBy says by what a list is sorted: what sort names, from the end with a minus.
func sortBy[T any](sort string, id func(T) string, keys map[string]func(T) string) (func(T) entry, bool) {
	name, descending := strings.CutPrefix(sort, "-")
	return func(v T) entry { return entry{keys[name](v), id(v)} }, descending
}

// pageOf is a page of a whole list. list names it, with its filters.
func pageOf[T, V any](a *API, in Paging, list string, all []T, place func(T) entry, descending bool, view func(T) V) (*listed[V], error) {
	after, err := a.open(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	order := func(x, y entry) int {
		if descending {
			return y.compare(x)
		}
		return x.compare(y)
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(x, y T) int { return order(place(x), place(y)) })
	if after != nil {
		all = slices.DeleteFunc(all, func(v T) bool { return order(place(v), entry{after.Key, after.ID}) <= 0 })
	}
	out := &listed[V]{}
	for i, v := range all {
		if i == in.Limit {
			last := place(all[i-1])
			out.Body.NextCursor = a.seal(cursor{list, last.key, last.id})
			break
		}
		out.Body.Items = append(out.Body.Items, view(v))
	}
	if out.Body.Items == nil {
		out.Body.Items = []V{}
	}
	return out, nil
}

// rows is a page that the database has made: one more than asked for tells that there
// are more.
func rows[T, V any](a *API, in Paging, list string, load func(store.Page) ([]T, error), descending bool, id func(T) string, view func(T) V) (*listed[V], error) {
	after, err := a.open(in.Cursor, list)
	if err != nil {
		return nil, err
	}
	page := store.Page{Limit: in.Limit + 1, Descending: descending}
	if after != nil {
		page.After = after.ID
	}
	found, err := load(page)
	if err != nil {
		return nil, err
	}
	out := &listed[V]{}
	out.Body.Items = []V{}
	for i, v := range found {
		if i == in.Limit {
			out.Body.NextCursor = a.seal(cursor{List: list, ID: id(found[i-1])})
			break
		}
		out.Body.Items = append(out.Body.Items, view(v))
	}
	return out, nil
}
