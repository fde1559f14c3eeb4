package permission

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Sizes of a page, in results.
const (
	usualPage   = 50
	largestPage = 100
)

// results is §8.3.
type results struct {
	Page    pageFound `json:"page"`
	Results []found   `json:"results"`
}

type pageFound struct {
	NextToken string `json:"next_token"` // empty: there are no more
	Count     int    `json:"count"`
}

// page is which part of the results is asked for: those behind a key.
type page struct {
	search [16]byte // of what, and by whom
	limit  int
	after  string
}

// pageOf reads the page of a search (§8.2.1). A token goes on with the search
// that it came from, and with no other.
func pageOf(who *asker, request object) (*page, error) {
	asked, err := request.object("page", "page")
	if err != nil {
		return nil, err
	}
	p := &page{limit: usualPage}
	if p.search, err = searchOf(who, request); err != nil {
		return nil, err
	}
	limited, err := p.limitTo(asked)
	if err != nil {
		return nil, err
	}
	token, said, err := asked.text("token", "page.token")
	if err != nil || !said || token == "" {
		return p, err
	}
	before, ok := openToken(token)
	if !ok || before.search != p.search || (limited && before.limit != p.limit) {
		return nil, notAllowed("page.token", "is not one of this search")
	}
	return before, nil
}

// limitTo reads page.limit; 0 leaves it to us, and too many are cut.
func (p *page) limitTo(asked object) (limited bool, err error) {
	value, said := asked["limit"]
	if !said {
		return false, nil
	}
	if value.Kind() != '0' {
		return false, wrongType("page.limit", "an integer")
	}
	limit, err := strconv.ParseUint(value.String(), 10, 31)
	if err != nil {
		return false, notAllowed("page.limit", "must be a whole number from 0")
	}
	if limit == 0 {
		return false, nil
	}
	p.limit = int(min(limit, largestPage))
	return true, nil
}

// searchOf tells searches apart: by all that was asked but the page, and by who
// asked.
func searchOf(who *asker, request object) (sum [16]byte, err error) {
	rest := maps.Clone(request)
	delete(rest, "page")
	text, err := json.Marshal(rest)
	if err != nil {
		return sum, err
	}
	canonical := jsontext.Value(text)
	if err := canonical.Canonicalize(); err != nil {
		return sum, err
	}
	kind, id := who.authorization.Subject()
	hash := sha256.Sum256([]byte(kind + "\x00" + id + "\x00" + string(canonical)))
	copy(sum[:], hash[:])
	return sum, nil
}

// next is the token of the page behind a key. It is no secret: it holds what the
// caller was told, and picks among what the caller may be told.
func (p *page) next(key string) string {
	raw := binary.BigEndian.AppendUint16(p.search[:], uint16(p.limit)) // at most largestPage
	return base64.RawURLEncoding.EncodeToString(append(raw, key...))
}

func openToken(token string) (*page, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) <= 18 {
		return nil, false
	}
	p := &page{limit: int(binary.BigEndian.Uint16(raw[16:])), after: string(raw[18:])}
	copy(p.search[:], raw)
	return p, p.limit > 0 && p.limit <= largestPage
}
