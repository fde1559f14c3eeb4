package permission

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestTarget is how much of a request target is looked at, in bytes.
const longestTarget = 8 << 10

// pathOf returns the segments of the path of a request target, decoded: the one
// form in which paths are compared (G08). A slash at the end makes no other path.
// Query and fragment play no part (G05), and whatever a proxy, a server and a
// framework could read in different ways is refused, plain or escaped (G01).
func pathOf(target string) ([]string, error) {
	path, _, _ := strings.Cut(target, "?")
	switch {
	case len(target) > longestTarget:
		return nil, errors.New("the target is too long")
	case strings.Contains(target, "#"):
		return nil, errors.New("the target has a fragment")
	case !strings.HasPrefix(path, "/"):
		return nil, errors.New("the target has no path")
	case path == "/":
		return nil, nil
	}
	segments := strings.Split(strings.TrimSuffix(path[1:], "/"), "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return nil, errors.New("the path has a bad escape")
		}
		if err := checkSegment(decoded); err != nil {
			return nil, err
		}
		segments[i] = decoded
	}
	return segments, nil
}

func checkSegment(segment string) error {
	switch {
	case segment == "":
		return errors.New("the path has an empty segment")
	case segment == "." || segment == "..":
		return errors.New("the path has a dot segment")
	case !utf8.ValidString(segment):
		return errors.New("the path is not UTF-8")
	case strings.ContainsAny(segment, `/\;#?`) || strings.ContainsFunc(segment, unicode.IsControl):
		return errors.New("the path has a character that could split it")
	case escapedAgain(segment):
		return errors.New("the path is escaped twice")
	}
	return nil
}

// escapedAgain reports whether what is decoded could be decoded once more.
func escapedAgain(segment string) bool {
	for i := strings.IndexByte(segment, '%'); i >= 0 && i+2 < len(segment); i++ {
		if segment[i] == '%' && isHex(segment[i+1]) && isHex(segment[i+2]) {
			return true
		}
	}
	return false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
