package dialect

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"claviger/oauth"
)

// errReading marks an error that was found while the request was read: its Param
// is the name on the wire already.
var errReading = errors.New("found while the request was read")

// refused returns the error for a field in wire terms.
func refused(reason oauth.Reason, wire string) *oauth.Error {
	return oauth.NewError(reason).At(wire).Because(errReading)
}

// Decode reads a request into canonical terms. The error is an *oauth.Error,
// for Fail. It checks the form of the request only: whether a credential is
// right is not decided here.
func (rt *Route) Decode(w http.ResponseWriter, r *http.Request) (*Call, error) {
	call := new(Call)
	e := borrow(len(rt.body.fields))
	defer e.release()
	e.request = r
	if err := rt.credentials(e, call); err != nil {
		return nil, err
	}
	if err := rt.readQuery(e); err != nil {
		return nil, err
	}
	if err := rt.readBody(e, w); err != nil {
		return nil, err
	}
	if err := rt.checkFields(e); err != nil {
		return nil, err
	}
	if err := rt.oneProof(e); err != nil {
		return nil, err
	}
	if err := rt.setInput(e, &call.Input); err != nil {
		return nil, err
	}
	if err := rt.grantType(&call.Input); err != nil {
		return nil, err
	}
	call.Input.IdentifyBySecret = rt.bySecret
	return call, nil
}

// readQuery looks at the URL. A token route takes no credentials there (ALL-4),
// whatever the case of their names.
func (rt *Route) readQuery(e *env) *oauth.Error {
	raw := e.request.URL.RawQuery
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw) // what it could read, also when it fails
	if rt.Operation == OperationToken {
		for name := range query {
			if slices.Contains(rt.dialect.secretNames, strings.ToLower(name)) {
				return refused(oauth.ReasonCredentialInQuery, "")
			}
		}
	}
	if err != nil {
		return refused(oauth.ReasonInvalidValue, "")
	}
	e.query = query
	return nil
}

// checkFields checks the declared fields in their order.
func (rt *Route) checkFields(e *env) *oauth.Error {
	for i := range rt.body.fields {
		field, v := &rt.body.fields[i], &e.slots[i]
		switch {
		case e.wrong[i]:
			return refused(oauth.ReasonWrongType, field.name)
		case v.kind == nullKind || v.kind != boolKind && v.empty():
			if field.required {
				return refused(oauth.ReasonMissingParameter, field.name)
			}
		case field.oneOf != nil && !slices.Contains(field.oneOf, v.text):
			if field.grantType {
				return refused(oauth.ReasonGrantTypeUnknown, field.name)
			}
			return refused(oauth.ReasonInvalidValue, field.name)
		}
	}
	return nil
}

// oneProof refuses a client that authenticates in two ways (RFC 6749 §2.3). The
// body may repeat the id, but not another one.
func (rt *Route) oneProof(e *env) *oauth.Error {
	if !e.hasBasic && e.bearer == "" {
		return nil
	}
	for _, proof := range rt.proofs {
		for _, slot := range proof.slots {
			if text := e.slots[slot].text; text != "" && !(proof.id && e.sameID(text)) {
				return refused(oauth.ReasonSeveralCredentials, "")
			}
		}
		for _, name := range proof.headers {
			if text := e.request.Header.Get(name); text != "" && !(proof.id && e.sameID(text)) {
				return refused(oauth.ReasonSeveralCredentials, "")
			}
		}
	}
	return nil
}

// sameID reports whether an id is the one in Authorization. With a Bearer there
// is none.
func (e *env) sameID(id string) bool {
	return !e.hasBasic || id == e.basic.id || id == unescape(e.basic.id)
}

func (rt *Route) setInput(e *env, in *Input) error {
	for i := range rt.inputs {
		setter := &rt.inputs[i]
		v := setter.eval(e)
		if e.err != nil {
			var known *oauth.Error
			if errors.As(e.err, &known) {
				return known
			}
			return refused(oauth.ReasonInvalidValue, setter.wire)
		}
		if v.kind == nullKind || v.kind == textKind && v.text == "" || setter.store(in, v) {
			continue
		}
		if setter.url {
			return refused(oauth.ReasonNotFound, "")
		}
		return refused(oauth.ReasonInvalidValue, setter.wire)
	}
	return nil
}

// grantType fixes the grant type, or checks the one that was sent.
func (rt *Route) grantType(in *Input) error {
	switch {
	case rt.Operation != OperationToken:
	case len(rt.Grants) == 1:
		in.GrantType = rt.Grants[0]
	case in.GrantType == "":
		return refused(oauth.ReasonMissingParameter, rt.wireName("grant_type"))
	case !slices.Contains(rt.Grants, in.GrantType): // exact: no trimming, no case folding (B18)
		return refused(oauth.ReasonGrantTypeUnknown, rt.wireName("grant_type"))
	}
	return nil
}

// wireName translates the canonical name of an input; a name that the route does
// not map stays as it is.
func (rt *Route) wireName(canonical string) string {
	if wire, ok := rt.wire[canonical]; ok {
		return wire
	}
	return canonical
}
