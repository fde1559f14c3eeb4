package server

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// What is held of bodies before their requests take a place, in bytes.
const (
	maxReceived = 64<<10 + 1 // of one: no route takes more
	// smallBody is what every request may hold, so that nobody else's bodies keep out
	// what most requests are. The bound on connections bounds it.
	smallBody = 4 << 10
	maxHeld   = 64 << 20 // of all bodies that are larger
)

// bodies are those that have arrived, or are about to.
type bodies struct {
	held   atomic.Int64 // bytes of those that are not small
	unused sync.Pool    // of *received
}

// received is the body of a request that has arrived.
type received struct {
	of      *bodies
	small   [smallBody]byte
	kept    []byte
	counted int64 // bytes of it in held
	reader  bytes.Reader
	all     io.Reader
	rest    io.ReadCloser
}

// receive reads the body before the request takes a place, so that one which is slow
// to send takes none: it has its connection, and time limits (H01). Nothing of it
// may be kept after release. It reports whether there is room for the body.
func (b *bodies) receive(r *http.Request) (body *received, fits bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, true
	}
	size := maxReceived
	if r.ContentLength >= 0 {
		size = int(min(r.ContentLength, maxReceived))
	}
	body, _ = b.unused.Get().(*received)
	if body == nil {
		body = &received{of: b}
	}
	body.kept = body.small[:0]
	err := body.fill(r.Body, min(size, smallBody))
	if err == nil && size > smallBody {
		if !body.grow(size) {
			body.release()
			return nil, false
		}
		err = body.fill(r.Body, size)
	}
	body.reader.Reset(body.kept)
	body.all, body.rest = &body.reader, r.Body
	if whole := err == io.EOF || err == nil && int64(size) == r.ContentLength; !whole {
		body.all = io.MultiReader(&body.reader, r.Body) // whoever reads it finds that it is too long, or broken
	}
	r.Body = body
	return body, true
}

// fill reads until so many bytes are kept. io.EOF: there are no more.
func (b *received) fill(from io.Reader, size int) error {
	for len(b.kept) < size {
		n, err := from.Read(b.kept[len(b.kept):size])
		b.kept = b.kept[:len(b.kept)+n]
		if err != nil {
			return err
		}
	}
	return nil
}

// grow makes room for a body that is not small, if there is some.
func (b *received) grow(size int) bool {
	b.counted = int64(size)
	if b.of.held.Add(b.counted) > maxHeld {
		return false
	}
	b.kept = append(make([]byte, 0, size), b.kept...)
	return true
}

func (b *received) Read(p []byte) (int, error) { return b.all.Read(p) }

func (b *received) Close() error { return b.rest.Close() }

func (b *received) release() {
	if b == nil {
		return
	}
	b.of.held.Add(-b.counted)
	b.kept, b.counted, b.all, b.rest = nil, 0, nil, nil
	b.of.unused.Put(b)
}
