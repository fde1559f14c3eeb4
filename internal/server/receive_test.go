package server

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// upload is a body that comes in small pieces and then ends as err says.
type upload struct {
	rest string
	err  error
}

func (u *upload) Read(p []byte) (int, error) {
	if u.rest == "" {
		return 0, u.err
	}
	n := copy(p, u.rest[:min(len(u.rest), 1000)])
	u.rest = u.rest[n:]
	return n, nil
}

func (u *upload) Close() error { return nil }

func uploading(size int, announced int64, end error) *http.Request {
	return &http.Request{Body: &upload{strings.Repeat("x", size), end}, ContentLength: announced}
}

// What is received is what was sent, whether or not its length was announced, and no
// more memory than that is taken.
func TestReceivedIsWhatWasSent(t *testing.T) {
	var all bodies
	broken := errors.New("broken")
	for _, size := range []int{1, smallBody - 1, smallBody, smallBody + 1, 20_000, maxReceived - 1, maxReceived, maxReceived + 1, 200_000} {
		for _, announced := range []int64{int64(size), -1} {
			r := uploading(size, announced, io.EOF)
			body, fits := all.receive(r)
			if !fits {
				t.Fatal("no room")
			}
			want := 0
			if size > smallBody || size == smallBody && announced < 0 {
				want = maxReceived
				if announced >= 0 {
					want = min(size, maxReceived)
				}
			}
			if held := all.held.Load(); held != int64(want) || cap(body.kept) > max(want, smallBody) {
				t.Errorf("%d bytes, announced as %d: %d held, %d taken", size, announced, held, cap(body.kept))
			}
			if text, err := io.ReadAll(r.Body); err != nil || len(text) != size {
				t.Errorf("%d bytes, announced as %d: %d arrived, %v", size, announced, len(text), err)
			}
			body.release()
			r = uploading(size/2, announced, broken)
			body, _ = all.receive(r)
			if _, err := io.ReadAll(r.Body); !errors.Is(err, broken) {
				t.Errorf("%d bytes, announced as %d, broke off: %v", size, announced, err)
			}
			body.release()
		}
	}
	if held := all.held.Load(); held != 0 {
		t.Errorf("%d bytes are held for ever", held)
	}
}

// Large bodies that are held up take the room of large bodies, not that of small ones.
func TestR21_BodiesAreBounded(t *testing.T) {
	k := &work{most: 10, bodies: &bodies{}}
	handler := k.bound(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), failStandard)
	status := func(size int, announced int64) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, uploading(size, announced, io.EOF))
		return w.Code
	}
	var held []*received
	for k.bodies.held.Load()+maxReceived <= maxHeld {
		body, _ := k.bodies.receive(uploading(maxReceived, maxReceived, io.EOF))
		held = append(held, body)
	}
	if len(held) != maxHeld/maxReceived {
		t.Errorf("there is room for %d bodies", len(held))
	}
	for range 2 {
		if small, large, chunked := status(smallBody, smallBody), status(maxReceived, maxReceived), status(smallBody+1, -1); small != 200 || large != 503 || chunked != 503 {
			t.Errorf("small %d, large %d, chunked %d", small, large, chunked)
		}
	}
	if k.refused.Load() != 4 || k.running.Load() != 0 {
		t.Errorf("%d were refused, %d are running", k.refused.Load(), k.running.Load())
	}
	held[0].release()
	if got := status(maxReceived, maxReceived); got != 200 {
		t.Errorf("with room again: %d", got)
	}
}
