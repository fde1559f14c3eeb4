package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one key of Config.
type setting struct {
	key   string // "log.level"
	field reflect.Value
}

// settings lists the keys of c in the order of its fields. The yaml tags are
// the only place that names them.
func (c *Config) settings() []setting {
	return settingsOf("", reflect.ValueOf(c).Elem())
}

func settingsOf(prefix string, group reflect.Value) []setting {
	var list []setting
	for i := range group.NumField() {
		name, tagged := group.Type().Field(i).Tag.Lookup("yaml")
		if !tagged {
			continue
		}
		key, field := prefix+name, group.Field(i)
		if isGroup(field) {
			list = append(list, settingsOf(key+".", field)...)
		} else {
			list = append(list, setting{key, field})
		}
	}
	return list
}

// isGroup tells a nested section from a value that happens to be a struct.
func isGroup(field reflect.Value) bool {
	return field.Kind() == reflect.Struct && field.Type().PkgPath() == reflect.TypeFor[Config]().PkgPath()
}

// variable returns the environment variable of the key: CLAVIGER_LOG_LEVEL.
func (s setting) variable() string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

func (s setting) isList() bool { return s.field.Kind() == reflect.Slice && !s.isRules() }

func (s setting) isRules() bool { return s.field.Type() == reflect.TypeFor[[]ForwardRule]() }

// optional are the keys whose default is that there is none. What needs another
// of them is checked later, so an empty text says nothing new.
var optional = []string{"dialect_dir", "platform.logo", "mail.from", "mail.smtp_url", "sms.webhook_url", "sms.webhook_secret",
	"forward_auth.token_audience", "operator.email", "operator.password", "operator.password_file"}

// setText reads a single value. An empty one is refused, so that a variable that
// was meant to hold a secret does not silently become the default.
func (s setting) setText(text string) error {
	if strings.TrimSpace(text) == "" && !slices.Contains(optional, s.key) {
		return errors.New("is empty; leave it out to have the default")
	}
	if strings.ContainsAny(text, "\x00\r\n") {
		return errors.New("must be one line")
	}
	switch target := s.field.Addr().Interface().(type) {
	case *string:
		*target = text
	case *Hidden:
		*target = Hidden(text)
	case *int:
		return parseInto(target, text, strconv.Atoi, "a whole number")
	case *bool:
		return parseInto(target, text, parseBool, "true or false")
	case *time.Duration:
		return parseInto(target, text, time.ParseDuration, `a duration such as "90s" or "1h30m"`)
	case *slog.Level:
		return parseInto(target, text, parseLevel, "one of debug, info, warn, error")
	default:
		panic("server: no way to read " + s.key) // a new field type needs a case here
	}
	return nil
}

// setList reads the items of a list.
func (s setting) setList(items []string) error {
	if slices.Contains(items, "") {
		return errors.New("has an empty item")
	}
	switch target := s.field.Addr().Interface().(type) {
	case *[]string:
		*target = items
	case *[]netip.Prefix:
		*target = nil
		for _, item := range items {
			prefix, err := parseNetwork(item)
			if err != nil {
				return err
			}
			*target = append(*target, prefix)
		}
	default:
		panic("server: no way to read the list " + s.key)
	}
	return nil
}

func parseInto[T any](target *T, text string, parse func(string) (T, error), what string) error {
	parsed, err := parse(text)
	if err != nil {
		return fmt.Errorf("must be %s, not %q", what, text)
	}
	*target = parsed
	return nil
}

func parseBool(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errors.New("no truth value")
	}
	return text == "true", nil
}

var levels = []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

func parseLevel(text string) (slog.Level, error) {
	for _, level := range levels {
		if strings.ToLower(level.String()) == text {
			return level, nil
		}
	}
	return 0, errors.New("unknown level")
}

// parseNetwork reads a CIDR or a single address. A network that takes in every
// address is refused: it would let any sender name the address it is logged
// and limited by.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" && !address.Is4In6() {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil || prefix.Addr().Is4In6():
		return prefix, fmt.Errorf("has %q, which is no address or network such as 10.0.0.0/8", text)
	case prefix != prefix.Masked():
		return prefix, fmt.Errorf("has %q, which is no network: write %s, or the address alone", text, prefix.Masked())
	case prefix.Bits() == 0:
		return prefix, fmt.Errorf("has %q, which would trust every sender", text)
	}
	return prefix, nil
}
