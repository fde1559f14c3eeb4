package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"claviger/internal/core"
)

// millis is the stored form of a time: unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant is the time that millis stands for, in UTC.
func instant(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// encode returns a list or a map as JSON text; none is empty text.
func encode[T ~[]E, E any](list T) string {
	if len(list) == 0 {
		return ""
	}
	return marshal(list)
}

func encodeMap[T ~map[string]E, E any](m T) string {
	if len(m) == 0 {
		return ""
	}
	return marshal(m)
}

func marshal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic("store: " + err.Error()) // strings in lists and maps always marshal
	}
	return string(text)
}

// decoder reads stored lists, and keeps the first error for the end of a row.
type decoder struct{ err error }

func (d *decoder) list(column, text string) []string {
	var list []string
	d.into(column, text, &list)
	return list
}

func (d *decoder) into(column, text string, target any) {
	if text == "" || d.err != nil {
		return
	}
	if err := json.Unmarshal([]byte(text), target); err != nil {
		d.err = fmt.Errorf("store: column %s: %w", column, err)
	}
}

// each converts the rows of a list.
func each[R, E any](rows []R, err error, subject string, convert func(R) (*E, error)) ([]*E, error) {
	if err != nil {
		return nil, failure(subject, err)
	}
	list := make([]*E, 0, len(rows))
	for _, row := range rows {
		e, err := convert(row)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// one converts a single row.
func one[R, E any](row R, err error, subject string, convert func(R) (*E, error)) (*E, error) {
	if err != nil {
		return nil, failure(subject, err)
	}
	return convert(row)
}

// emailKey is an email address as it is compared.
func emailKey(email string) string { return strings.ToLower(email) }

func isNotFound(err error) bool { return errors.Is(err, core.ErrNotFound) }
