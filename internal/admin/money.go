package admin

import (
	"strconv"
	"strings"

	"claviger/internal/core"
)

// parseAmount returns a decimal amount in the smallest unit of its currency:
// "2878.86" BWP is 287886. More digits than the currency has are refused.
func parseAmount(amount, currency string) (int64, bool) {
	digits := core.MinorDigits(currency)
	unsigned, negative := strings.CutPrefix(amount, "-")
	whole, fraction, pointed := strings.Cut(unsigned, ".")
	if whole == "" || (pointed && fraction == "") || len(fraction) > digits || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	minor, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", digits-len(fraction)), 10, 64)
	if negative {
		minor = -minor
	}
	return minor, err == nil
}

// formatAmount is parseAmount backwards.
func formatAmount(minor int64, currency string) string {
	digits := core.MinorDigits(currency)
	text, sign := strconv.FormatInt(minor, 10), ""
	if minor < 0 {
		text, sign = text[1:], "-"
	}
	if missing := digits + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	if digits == 0 {
		return sign + text
	}
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}
