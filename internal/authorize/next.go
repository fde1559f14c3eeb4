package authorize

import (
	"context"
	"errors"
	"slices"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// step is what a flow needs next: a page of this server, or nothing more.
type step struct {
	page     string       // path
	silent   oauth.Reason // why, for a client that forbade pages (prompt=none)
	approval *approval    // with no page: what was approved before
}

// approval is what a code is issued for. The account is nil for a sign-in.
type approval struct {
	account *core.Account
	asks    bool // the person was asked: the approval is to be stored
}

// next says what a flow still needs. It is asked again before every page and every
// answer, so that it alone decides (E11). A flow that is not stored yet is at its
// beginning.
func (e *Endpoint) next(ctx context.Context, flow *core.Flow, signedIn *authn.SignedIn) (*step, error) {
	client, err := e.client(ctx, flow.ClientID)
	if err != nil {
		return nil, err
	}
	if signedIn == nil {
		return &step{page: web.PathSignIn, silent: oauth.ReasonLoginRequired}, nil
	}
	request := &flow.Request
	fresh := provedIn(flow, signedIn.Session) // signed in for this very request
	if hint := request.HintedSubject; hint != "" && e.Tokens.SubjectOf(client, signedIn.User.ID) != hint {
		if fresh { // OpenID Connect Core §3.1.2.1: never an answer about somebody else
			return nil, oauth.NewError(oauth.ReasonLoginRequired)
		}
		return &step{page: web.PathSignIn, silent: oauth.ReasonLoginRequired}, nil
	}
	if !fresh && (request.HasPrompt(oauth.PromptLogin) || e.tooOld(request, signedIn.Session)) {
		return &step{page: web.PathSignIn, silent: oauth.ReasonLoginRequired}, nil
	}
	if request.HasPrompt(oauth.PromptSelectAccount) && !flow.Chosen && !fresh {
		return &step{page: web.PathChoose, silent: oauth.ReasonAccountSelection}, nil
	}
	if met, reachable := acrReach(signedIn.Session, wantsACR(request)); !met {
		factors, err := e.Factors.Of(ctx, signedIn.User.ID)
		if err != nil {
			return nil, err
		}
		if !reachable || !CanStepUp(signedIn.User, factors) {
			return nil, oauth.NewError(oauth.ReasonAuthenticationUnmet)
		}
		if !slices.Contains(signedIn.Session.AMR, core.AMRPassword) { // two codes are one factor
			return &step{page: web.PathSignIn, silent: oauth.ReasonAuthenticationUnmet}, nil
		}
		return &step{page: web.PathStepUp, silent: oauth.ReasonAuthenticationUnmet}, nil
	}
	return e.nextConsent(ctx, flow, client, signedIn.User)
}

// provedIn reports whether a session was signed in to after a flow had begun.
func provedIn(flow *core.Flow, session *core.Session) bool {
	return flow.Selector != "" && !session.AuthenticatedAt.Before(flow.CreatedAt.Truncate(time.Millisecond))
}

// tooOld is max_age.
func (e *Endpoint) tooOld(request *oauth.AuthorizationRequest, session *core.Session) bool {
	return request.MaxAge != nil && e.Now().Sub(session.AuthenticatedAt) > time.Duration(*request.MaxAge)*time.Second
}

// nextConsent says whether the person has to be asked. They are not where there
// is nothing to choose and nothing new to approve.
func (e *Endpoint) nextConsent(ctx context.Context, flow *core.Flow, client *core.Client, user *core.User) (*step, error) {
	asked := flow.Request.HasPrompt(oauth.PromptConsent)
	if !e.Tokens.Connects(client) {
		if client.Browser.SkipConsent && !asked {
			return &step{approval: &approval{}}, nil
		}
		consent, err := e.Store.PersonalConsent(ctx, client.ID, user.ID)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return nil, err
		}
		if err == nil && flow.Request.Approval.Within(consent.Scopes) && !asked {
			return &step{approval: &approval{}}, nil
		}
		return &step{page: web.PathConsent, silent: oauth.ReasonConsentRequired}, nil
	}
	companies, err := e.companies(ctx, flow, user)
	if err != nil {
		return nil, err
	}
	ask := &step{page: web.PathConsent, silent: oauth.ReasonConsentRequired}
	switch {
	case len(companies) == 0:
		ask.silent = oauth.ReasonInteractionRequired
	case len(companies) > 1:
		ask.silent = oauth.ReasonAccountSelection
	case len(companies[0].missing) == 0 && !asked:
		return &step{approval: &approval{account: companies[0].account}}, nil
	}
	return ask, nil
}

// company is an account that a person may connect to the client of a flow.
type company struct {
	account      *core.Account
	organisation *core.Organisation
	consent      *core.Consent // the connection that is there already; nil: none
	missing      oauth.Scope   // of the request, what it does not hold yet
}

// companies are the active accounts that a role of the person lets them connect
// (SD-4), by name.
func (e *Endpoint) companies(ctx context.Context, flow *core.Flow, user *core.User) ([]company, error) {
	memberships, err := e.Store.MembershipsOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	var found []company
	for _, m := range memberships {
		role, err := e.Store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		if _, may := role.Grants[core.PermissionConnect]; !may {
			continue
		}
		if found, err = e.addCompanies(ctx, found, flow, m); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(found, func(a, b company) int {
		switch {
		case a.account.Name < b.account.Name:
			return -1
		case a.account.Name > b.account.Name:
			return 1
		}
		return 0
	})
	return found, nil
}

func (e *Endpoint) addCompanies(ctx context.Context, found []company, flow *core.Flow, m *core.Membership) ([]company, error) {
	organisation, err := e.Store.Organisation(ctx, m.OrganisationID)
	if err != nil || organisation.Status != core.Active {
		return found, err
	}
	accounts, err := e.Store.AccountsOf(ctx, organisation.ID)
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		known := slices.ContainsFunc(found, func(c company) bool { return c.account.ID == account.ID })
		if known || account.Status != core.Active || !m.Covers(account) {
			continue
		}
		c := company{account: account, organisation: organisation, missing: flow.Request.Approval}
		consent, err := e.Store.Connection(ctx, flow.ClientID, account)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			c.consent, c.missing = consent, missing(flow.Request.Approval, consent.Scopes)
		}
		found = append(found, c)
	}
	return found, nil
}

// missing returns what of asked is not in held.
func missing(asked, held oauth.Scope) oauth.Scope {
	var out oauth.Scope
	for _, scope := range asked {
		if !held.Has(scope) {
			out = append(out, scope)
		}
	}
	return out
}
