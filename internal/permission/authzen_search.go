package permission

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"claviger/internal/core"
)

// found is a subject, a resource or an action on the wire.
type found struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

func (f found) key() string { return cmp.Or(f.Name, f.ID) }

// candidate may be a result: it is one if its question is answered with yes.
type candidate struct {
	result   found
	question question
}

// search lists what a question would be answered with yes for, in the order of
// ids or names. Whatever is unknown is an empty list. Only what memberships, keys
// and registrations tie to the account or the subject is looked at: what a role
// grants on every account is found for those.
func (z *AuthZEN) search(ctx context.Context, who *asker, request object, s sought) (any, error) {
	q, err := questionOf(request, s)
	if err != nil {
		return nil, err
	}
	page, err := pageOf(who, request)
	if err != nil {
		return nil, err
	}
	var candidates []candidate
	switch s {
	case subjectSearch:
		candidates, err = z.subjects(ctx, who, q)
	case resourceSearch:
		candidates, err = z.resources(ctx, who, q)
	case actionSearch:
		candidates, err = z.actions(ctx, who, q)
	}
	if err != nil {
		return nil, err
	}
	return z.fill(ctx, who, page, candidates)
}

// fill answers the questions of the candidates until the page is full.
func (z *AuthZEN) fill(ctx context.Context, who *asker, page *page, candidates []candidate) (*results, error) {
	slices.SortFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.result.key(), b.result.key()) })
	out := &results{Results: []found{}}
	for i := range candidates {
		c := &candidates[i]
		if page.after != "" && c.result.key() <= page.after {
			continue
		}
		yes, err := z.yes(ctx, who, c)
		if err != nil {
			return nil, err
		}
		if !yes {
			continue
		}
		if len(out.Results) == page.limit {
			out.Page.NextToken = page.next(out.Results[page.limit-1].key())
			break
		}
		out.Results = append(out.Results, c.result)
	}
	out.Page.Count = len(out.Results)
	return out, nil
}

func (z *AuthZEN) yes(ctx context.Context, who *asker, c *candidate) (bool, error) {
	query, refused, err := z.query(ctx, who, c.question)
	if err != nil || refused != nil {
		return false, err
	}
	decision, err := z.Decider.Decide(ctx, query)
	return err == nil && decision.Allowed, err
}

// subjects are those whom a resource is in reach of. A caller that may ask about
// itself alone finds nobody else.
func (z *AuthZEN) subjects(ctx context.Context, who *asker, q question) ([]candidate, error) {
	var found []entity
	var err error
	if who.everyone {
		found, err = z.everySubject(ctx, q)
	} else if kind, id := who.authorization.Subject(); kind == subjectKind(q.subject.kind) {
		if who.subject != "" {
			id = who.subject
		}
		found = []entity{{kind: q.subject.kind, id: id}}
	}
	candidates := make([]candidate, 0, len(found))
	for _, subject := range found {
		candidates = append(candidates, candidateOf(q, func(c *candidate) {
			c.question.subject, c.result.Type, c.result.ID = subject, subject.kind, subject.id
		}))
	}
	return candidates, err
}

func candidateOf(q question, set func(*candidate)) candidate {
	c := candidate{question: q}
	set(&c)
	return c
}

func (z *AuthZEN) everySubject(ctx context.Context, q question) ([]entity, error) {
	if subjectKind(q.subject.kind) == core.SubjectClient {
		return z.clients(ctx, q)
	}
	resource, _ := z.resource(q.resource)
	account, err := z.Decider.target(ctx, resource)
	if account == nil || errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if q.subject.kind == core.SubjectAPIKey {
		keys, err := z.Decider.Store.APIKeysOf(ctx, account.ID)
		found := make([]entity, 0, len(keys))
		for _, key := range keys {
			found = append(found, entity{kind: q.subject.kind, id: key.ID})
		}
		return found, err
	}
	return z.members(ctx, q.subject.kind, account)
}

// clients are those that are registered for a product or a scope.
func (z *AuthZEN) clients(ctx context.Context, q question) ([]entity, error) {
	if q.action != ActionUse {
		return nil, nil
	}
	ids, err := z.Decider.Store.ClientIDs(ctx)
	found := make([]entity, 0, len(ids))
	for _, id := range ids {
		found = append(found, entity{kind: q.subject.kind, id: id})
	}
	return found, err
}

func (z *AuthZEN) members(ctx context.Context, kind string, account *core.Account) ([]entity, error) {
	memberships, err := z.Decider.Store.MembersOf(ctx, account)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var found []entity
	for _, m := range memberships {
		user, err := z.Decider.Store.User(ctx, m.UserID)
		if err != nil {
			return nil, err
		}
		if string(user.Kind) != subjectKind(kind) || seen[user.ID] {
			continue
		}
		seen[user.ID] = true
		found = append(found, entity{kind: kind, id: nameOf(kind, user)})
	}
	return found, nil
}

// nameOf is what a person is called as a subject of that type.
func nameOf(kind string, user *core.User) string {
	if kind == typeUser {
		return cmp.Or(user.Username, user.Email, user.ID)
	}
	return user.ID
}

// resources are the accounts that a subject has a part in, and what its client
// and token have.
func (z *AuthZEN) resources(ctx context.Context, who *asker, q question) ([]candidate, error) {
	a, err := z.subjectNamed(ctx, who, q.subject)
	if a == nil || err != nil {
		return nil, err
	}
	var ids []string
	switch z.resourceType(q.resource.kind) {
	case TypeAccount:
		ids, err = z.accounts(ctx, a)
	case TypeProduct:
		if a.Client != nil {
			ids = a.Client.Products
		}
	case TypeScope:
		ids = a.Scope
	case TypeService:
		ids = []string{a.Service.Name}
	}
	candidates := make([]candidate, 0, len(ids))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		candidates = append(candidates, candidateOf(q, func(c *candidate) {
			c.question.resource.id, c.result.Type, c.result.ID = id, q.resource.kind, id
		}))
	}
	return candidates, err
}

func (z *AuthZEN) accounts(ctx context.Context, a *core.Authorization) (ids []string, err error) {
	if a.User == nil {
		if a.Key != nil {
			ids = append(ids, a.Key.AccountID)
		}
		return ids, nil
	}
	memberships, err := z.Decider.Store.MembershipsOf(ctx, a.User.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		accounts, err := z.Decider.Accounts(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, account := range accounts {
			ids = append(ids, account.ID)
		}
	}
	return ids, nil
}

// actions are what the roles of a subject grant; of a product, a scope or a
// service it is to use it.
func (z *AuthZEN) actions(ctx context.Context, who *asker, q question) ([]candidate, error) {
	a, err := z.subjectNamed(ctx, who, q.subject)
	if a == nil || err != nil {
		return nil, err
	}
	subject, err := z.Decider.Subject(ctx, a)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{ActionUse: true}
	for _, held := range subject.Held {
		for name := range held.Role.Grants {
			names[name] = true
		}
	}
	candidates := make([]candidate, 0, len(names))
	for name := range maps.Keys(names) {
		candidates = append(candidates, candidateOf(q, func(c *candidate) { c.question.action, c.result.Name = name, name }))
	}
	return candidates, nil
}
