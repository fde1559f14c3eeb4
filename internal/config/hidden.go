package config

import "log/slog"

const hiddenText = "(hidden)"

// Hidden is a configured value that holds a secret: printing, logging or
// encoding it shows only whether it is set.
type Hidden string

// Reveal returns the value itself.
func (h Hidden) Reveal() string { return string(h) }

// String is what every fmt verb for strings prints.
func (h Hidden) String() string {
	if h == "" {
		return ""
	}
	return hiddenText
}

// GoString keeps %#v from printing the value.
func (h Hidden) GoString() string { return h.String() }

// LogValue keeps slog from printing the value.
func (h Hidden) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText keeps encoders from writing the value.
func (h Hidden) MarshalText() ([]byte, error) { return []byte(h.String()), nil }
