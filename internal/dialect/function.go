package dialect

import (
	"net/url"
	"strconv"
	"strings"

	"claviger/internal/core"

	"cel.dev/cel-go/cel"
	celenv "cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// ownFunctions declares what dialects need and CEL lacks. All are pure (J02).
func ownFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		cel.Function("decimal", cel.Overload("decimal_int_string",
			[]*cel.Type{cel.IntType, cel.StringType}, cel.StringType,
			cel.BinaryBinding(func(amount, currency ref.Val) ref.Val {
				return types.String(decimal(int64(amount.(types.Int)), string(currency.(types.String))))
			}))),
		cel.Function("unescape", cel.Overload("unescape_string",
			[]*cel.Type{cel.StringType}, cel.StringType,
			cel.UnaryBinding(func(text ref.Val) ref.Val {
				return types.String(unescape(string(text.(types.String))))
			}))),
		cel.Function("millis", cel.Overload("millis_timestamp",
			[]*cel.Type{cel.TimestampType}, cel.IntType,
			cel.UnaryBinding(func(at ref.Val) ref.Val {
				return types.Int(at.(types.Timestamp).UnixMilli())
			}))),
		cel.Function("string", cel.Overload("string_of_timestamp",
			[]*cel.Type{cel.TimestampType}, cel.StringType,
			cel.UnaryBinding(func(at ref.Val) ref.Val {
				return types.String(appendTime(nil, at.(types.Timestamp).Time))
			}))),
	}
}

// withoutTimeText leaves out string(timestamp), which writes the zone that a time
// happens to be in. Ours, above, writes a time as it is written elsewhere.
func withoutTimeText() *celenv.LibrarySubset {
	overload := celenv.NewOverload(overloads.TimestampToString,
		[]*celenv.TypeDesc{celenv.NewTypeDesc("timestamp")}, celenv.NewTypeDesc("string"))
	return celenv.NewLibrarySubset().AddExcludedFunctions(celenv.NewFunction("string", overload))
}

// decimal writes an amount in smallest units with the digits of its currency:
// 287886 BWP is "2878.86".
func decimal(amount int64, currency string) string {
	digits := core.MinorDigits(currency)
	text := strconv.FormatUint(magnitude(amount), 10)
	if digits > 0 {
		if missing := digits + 1 - len(text); missing > 0 {
			text = strings.Repeat("0", missing) + text
		}
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if amount < 0 {
		text = "-" + text
	}
	return text
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// unescape undoes the form encoding of an id or secret in a Basic header (RFC
// 6749 §2.3.1). What is not validly encoded was not encoded: it stays as it is.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
