package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// plain encodes what could steer a terminal or forge a line: control characters,
// line separators, text direction, bytes that are no text (H12). A backslash is
// doubled, so that nothing else can look like an encoding.
func plain(text string) string {
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// table writes rows of cells in aligned columns. Every cell is made plain; an
// empty one is a dash.
func (c *command) table(header []string, rows [][]string) {
	w := tabwriter.NewWriter(c, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = plain(cell); cell == "" {
				cells[i] = "-"
			}
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	_ = w.Flush()
}

// fields writes names and values, a line each. Values are made plain; a field
// without one is left out.
func (c *command) fields(pairs ...string) {
	w := tabwriter.NewWriter(c, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", pairs[i], plain(pairs[i+1]))
		}
	}
	_ = w.Flush()
}

// json writes a value as indented JSON.
func (c *command) json(value any) error {
	text, err := json.Marshal(value, jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	c.print("%s\n", plainJSON(text))
	return nil
}

// plainJSON escapes in JSON what plain does elsewhere. Outside of its strings,
// JSON is ASCII.
func plainJSON(text []byte) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < utf8.RuneSelf && r != 0x7f || r >= utf8.RuneSelf && unicode.IsPrint(r):
			out.Write(text[:size])
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&out, `\u%04x`, unit)
			}
		}
		text = text[size:]
	}
	return out.String()
}

// stamp is a time as all commands print it; none is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// orNever is stamp for a time without which something has no end.
func orNever(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return stamp(t)
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
