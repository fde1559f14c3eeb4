package dialect

import (
	"net/http"
	"net/url"
	"sync"
)

// env is what an expression is evaluated over: the facts of an answer, or the
// parts of a request.
type env struct {
	facts  *Facts
	row    *Row         // inside $item
	values []expression // of the error case, by the dialect's names of values
	err    error        // the first failure

	request  *http.Request
	slots    []value // declared body fields
	wrong    []bool  // by slot: it was sent with another type
	query    url.Values
	basic    basicCredentials
	hasBasic bool
	bearer   string // on a route that reads it
	body     []byte
}

// failed notes a failure and gives null.
func (e *env) failed(err error) value {
	if e.err == nil {
		e.err = err
	}
	return value{}
}

// envs recycles environments: a request needs one to be read and one to be
// answered.
var envs = sync.Pool{New: func() any { return new(env) }}

// release drops everything that was read, secrets first, and keeps the memory.
func (e *env) release() {
	clear(e.slots)
	clear(e.wrong)
	clear(e.body)
	*e = env{slots: e.slots[:0], wrong: e.wrong[:0], body: e.body[:0]}
	envs.Put(e)
}

// borrow returns an env with n empty slots.
func borrow(n int) *env {
	e := envs.Get().(*env)
	if cap(e.slots) < n {
		e.slots, e.wrong = make([]value, n), make([]bool, n)
	}
	e.slots, e.wrong = e.slots[:n], e.wrong[:n]
	return e
}
