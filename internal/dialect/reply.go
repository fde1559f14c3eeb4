package dialect

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"claviger/oauth"
)

// reply is how a success looks.
type reply struct {
	status int
	header []headerLine
	etag   bool
	body   program // nil: no body
}

func (l *loader) replySection(rt *Route, op operation, n *node) {
	from := n.get("reply")
	if from == nil {
		l.at(n.line, n.column, "the route needs a reply")
		return
	}
	if !l.keys(from, "status", "header", "etag", "body") {
		return
	}
	rt.reply.status = http.StatusOK
	if status := from.get("status"); status != nil {
		if status.kind != numberNode || status.number < 200 || status.number > 299 {
			l.at(status.line, status.column, "the status of a reply is between 200 and 299")
		}
		rt.reply.status = int(status.number)
	}
	scope := &factScope{where: "the reply of " + rt.Operation, names: slices.Concat(op.facts, callerFacts), lists: op.lists}
	rt.reply.header = l.headers(from.get("header"), scope)
	if rt.reply.etag = l.bool(from.get("etag")); rt.reply.etag && rt.Method != http.MethodGet {
		at := from.get("etag")
		l.at(at.line, at.column, "etag is for GET routes")
	}
	body := from.get("body")
	if body == nil {
		return
	}
	if rt.reply.status == http.StatusNoContent || rt.reply.status == http.StatusResetContent {
		l.at(body.line, body.column, "a reply with status %d has no body", rt.reply.status)
	}
	l.json(&rt.reply.body, body, scope, 0)
}

// buffers holds bodies while they are written.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Reply answers with the route's reply. When a template fails nothing is sent and
// the error, for Fail, is server_error: never a partial body.
func (rt *Route) Reply(w http.ResponseWriter, r *http.Request, f *Facts) error {
	e := borrow(0)
	defer e.release()
	e.facts = f
	buffer := buffers.Get().(*[]byte)
	body := rt.reply.body.append((*buffer)[:0], e)
	defer func() { recycle(buffer, body) }()
	var header http.Header
	if len(rt.reply.header) > 0 && e.err == nil {
		header = http.Header{}
		evaluate(rt.reply.header, header, e)
	}
	if e.err != nil {
		return oauth.NewError(oauth.ReasonInternal).Because(e.err)
	}
	out := w.Header()
	for name, values := range header {
		out[name] = values
	}
	if rt.reply.etag {
		tag := etag(body)
		out.Set("ETag", tag)
		out.Set("Cache-Control", "private, no-cache")
		out.Add("Vary", "Authorization")
		if matches(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	} else {
		rt.noStore(out)
	}
	write(w, rt.reply.status, body)
	return nil
}

// Values of headers that every answer has. They are shared, so nobody may write
// into them; to set or to add a header does not.
var (
	noStoreValue = []string{"no-store"}
	noCacheValue = []string{"no-cache"}
	jsonValue    = []string{"application/json"}
)

// noStore keeps an answer out of caches (RFC 6749 §5.1, ALL-1).
func (rt *Route) noStore(h http.Header) {
	h["Cache-Control"] = noStoreValue
	if rt.Operation == OperationToken {
		h["Pragma"] = noCacheValue
	}
}

// write sends a JSON body, or the status alone.
func write(w http.ResponseWriter, status int, body []byte) {
	if len(body) > 0 {
		h := w.Header()
		h["Content-Type"] = jsonValue
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	if len(body) > 0 {
		_, _ = w.Write(body) // the caller is gone: there is nobody to tell
	}
}

// recycle wipes a buffer, which held tokens, and keeps it unless it is big.
func recycle(buffer *[]byte, used []byte) {
	clear(used)
	if cap(used) <= MaxBody {
		*buffer = used[:0]
		buffers.Put(buffer)
	}
}

// etag is a strong validator: the same for the same bytes alone.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
}

// matches compares If-None-Match, weakly (RFC 9110 §13.1.2).
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for candidate := range strings.SplitSeq(header, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
