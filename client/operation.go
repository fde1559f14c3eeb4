package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// Versioned is a part of things that can be changed: what ETag they were read with.
type Versioned struct {
	Version string `json:"-"`
}

func (v *Versioned) setVersion(version string) { v.Version = version }

// path joins the parts of a path, each of them one segment.
func path(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + segment(part))
	}
	return b.String()
}

// segment is a text as one segment. "." and ".." would be taken for directions.
func segment(text string) string {
	if strings.Trim(text, ".") == "" {
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// list asks for page after page, as far as they are wanted.
func list[T any](ctx context.Context, c *Client, at string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := clone(query)
		query.Set("limit", "200")
		for {
			var page struct {
				Items      []T    `json:"items"`
				NextCursor string `json:"next_cursor"`
			}
			if _, err := c.do(ctx, call{method: http.MethodGet, path: at, query: query}, &page); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			query.Set("cursor", page.NextCursor)
		}
	}
}

func clone(query url.Values) url.Values {
	copied := url.Values{}
	for name, values := range query {
		copied[name] = values
	}
	return copied
}

// values are those parameters of a query that have one.
func values(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

func ask[T any](ctx context.Context, c *Client, r call) (*T, error) {
	out := new(T)
	version, err := c.do(ctx, r, out)
	if err != nil {
		return nil, err
	}
	if thing, ok := any(out).(interface{ setVersion(string) }); ok {
		thing.setVersion(version)
	}
	return out, nil
}

func get[T any](ctx context.Context, c *Client, at string) (*T, error) {
	return ask[T](ctx, c, call{method: http.MethodGet, path: at})
}

func create[T any](ctx context.Context, c *Client, at string, body any) (*T, error) {
	return ask[T](ctx, c, call{method: http.MethodPost, path: at, body: body, once: true})
}

func update[T any](ctx context.Context, c *Client, at, version string, body any) (*T, error) {
	return ask[T](ctx, c, call{method: http.MethodPatch, path: at, body: body, version: version})
}

func remove(ctx context.Context, c *Client, at, version string) error {
	_, err := c.do(ctx, call{method: http.MethodDelete, path: at, version: version}, nil)
	return err
}

// rotation is how long a secret works beside its successor.
type rotation struct {
	OverlapSeconds int64 `json:"overlap_seconds"`
}
