package permission

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// maxEvaluations is how many questions one request may ask.
const maxEvaluations = 100

// Semantics of a batch (§7.1.2.1).
const (
	executeAll          = "execute_all"
	denyOnFirstDeny     = "deny_on_first_deny"
	permitOnFirstPermit = "permit_on_first_permit"
)

// answer is a decision on the wire (§5.5). Context is nil but for a caller that
// may know why, and for an item of a batch that was no question.
type answer struct {
	Decision bool           `json:"decision"`
	Context  *answerContext `json:"context,omitempty"`
}

type answerContext struct {
	Reason *reason     `json:"reason,omitempty"`
	Error  *itemFailed `json:"error,omitempty"`
}

// reason says why, in a word, in a sentence and in the names that decided.
type reason struct {
	Outcome Outcome              `json:"outcome"`
	Why     string               `json:"why"`
	Role    string               `json:"role,omitempty"`
	Scope   core.PermissionScope `json:"scope,omitempty"` // in which the role grants the permission
	Met     []string             `json:"met,omitempty"`
	Missing []string             `json:"missing,omitempty"`
	Unknown string               `json:"unknown,omitempty"` // what there is none of
}

// itemFailed is an item of a batch that could not be read (§7.2.1).
type itemFailed struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

type answers struct {
	Evaluations []answer `json:"evaluations"`
}

func (z *AuthZEN) evaluation(ctx context.Context, who *asker, request object) (any, error) {
	q, err := questionOf(request, nothingSought)
	if err != nil {
		return nil, err
	}
	answered, denied, err := z.evaluate(ctx, who, q)
	if err != nil {
		return nil, err
	}
	return answered, z.record(ctx, denied...)
}

// evaluations answers a batch; without one, the request itself (§7.1).
func (z *AuthZEN) evaluations(ctx context.Context, who *asker, request object) (any, error) {
	items, err := itemsOf(request)
	if err != nil {
		return nil, err
	}
	semantic, err := semanticOf(request)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return z.evaluation(ctx, who, request)
	}
	for _, name := range []string{"subject", "action", "resource", "context"} {
		if _, err := request.object(name, name); err != nil {
			return nil, err
		}
	}
	out := answers{Evaluations: make([]answer, 0, len(items))}
	var denied []core.Event
	for _, item := range items {
		answered, denials, err := z.evaluateItem(ctx, who, item, request)
		if err != nil {
			return nil, err
		}
		out.Evaluations, denied = append(out.Evaluations, answered), append(denied, denials...)
		if answered.Decision && semantic == permitOnFirstPermit || !answered.Decision && semantic == denyOnFirstDeny {
			break
		}
	}
	return out, z.record(ctx, denied...)
}

func itemsOf(request object) ([]jsontext.Value, error) {
	value, ok := request["evaluations"]
	if !ok {
		return nil, nil
	}
	if value.Kind() != '[' {
		return nil, wrongType("evaluations", "an array")
	}
	var items []jsontext.Value
	if err := json.Unmarshal(value, &items); err != nil {
		return nil, oauth.NewError(oauth.ReasonMalformedBody).Because(err)
	}
	if len(items) > maxEvaluations {
		return nil, notAllowed("evaluations", fmt.Sprint("holds more than ", maxEvaluations))
	}
	return items, nil
}

func semanticOf(request object) (string, error) {
	options, err := request.object("options", "options")
	if err != nil {
		return "", err
	}
	semantic, said, err := options.text("evaluations_semantic", "options.evaluations_semantic")
	if err != nil || !said {
		return executeAll, err
	}
	switch semantic {
	case executeAll, denyOnFirstDeny, permitOnFirstPermit:
		return semantic, nil
	}
	return "", notAllowed("options.evaluations_semantic", "is not one that there is")
}

// evaluateItem answers one of a batch. What is wrong with it alone denies it, and
// leaves the others as they are (§7.2.1).
func (z *AuthZEN) evaluateItem(ctx context.Context, who *asker, item jsontext.Value, common object) (answer, []core.Event, error) {
	q, err := itemQuestion(item, common)
	if err != nil {
		e := oauth.AsError(err)
		return answer{Context: &answerContext{Error: &itemFailed{e.Status, e.Description}}}, nil, nil
	}
	return z.evaluate(ctx, who, q)
}

func itemQuestion(item jsontext.Value, common object) (question, error) {
	own, err := objectOf(item, "evaluations[]")
	if err != nil {
		return question{}, err
	}
	request, err := withDefaults(own, common)
	if err != nil {
		return question{}, err
	}
	return questionOf(request, nothingSought)
}

// evaluate answers a question, with the audit record of a denial.
func (z *AuthZEN) evaluate(ctx context.Context, who *asker, q question) (answer, []core.Event, error) {
	query, refused, err := z.query(ctx, who, q)
	if err != nil {
		return answer{}, nil, err
	}
	if refused != nil {
		return who.told(refused), []core.Event{z.refusal(ctx, who, query, refused)}, nil
	}
	decision, err := z.Decider.Decide(ctx, query)
	if err != nil {
		return answer{}, nil, err
	}
	why := reasonOf(decision)
	if decision.Allowed {
		why.Outcome = Granted
		told := who.told(why)
		told.Decision = true
		return told, nil, nil
	}
	return who.told(why), []core.Event{who.asked(Denied(ctx, query, decision))}, nil
}

// NotMember is the outcome of acting for an account that one has no part in
// (CP-11).
const NotMember Outcome = "not_a_member"

// query returns what is to be decided, or why there is nothing to decide: nobody
// of that name, no account of theirs, nothing named.
func (z *AuthZEN) query(ctx context.Context, who *asker, q question) (Query, *reason, error) {
	query := Query{Action: q.action}
	var named bool
	if query.Resource, named = z.resource(q.resource); !named {
		return query, &reason{Outcome: Unknown, Unknown: UnknownResource, Why: "denied: no resource was named"}, nil
	}
	a, err := z.subjectNamed(ctx, who, q.subject)
	if err != nil {
		return query, nil, err
	}
	if a == nil {
		why := fmt.Sprintf("denied: there is no %s %s that the caller may ask about", shown(q.subject.kind), shown(q.subject.id))
		return query, &reason{Outcome: Unknown, Unknown: UnknownSubject, Why: why}, nil
	}
	subject := *a
	query.Authorization = &subject
	if q.acting == nil {
		return query, nil, nil
	}
	err = z.Decider.Act(ctx, a, *q.acting)
	if refusedBelow500(err) {
		kind, id := subject.Subject()
		why := fmt.Sprintf("denied: %s %s is no member of account %s", strings.ReplaceAll(kind, "_", " "), id, shown(*q.acting))
		return query, &reason{Outcome: NotMember, Why: why}, nil
	}
	query.Authorization = a
	return query, nil, err
}

func reasonOf(d *Decision) *reason {
	out := &reason{Outcome: d.Outcome, Why: d.Why(), Scope: d.Scope, Met: d.Met, Missing: d.Missing, Unknown: d.Unknown}
	if d.Role != nil {
		out.Role = d.Role.Code
	}
	return out
}

// told is a denial in the words that this caller may know.
func (who *asker) told(why *reason) answer {
	if !who.everyone {
		return answer{}
	}
	return answer{Context: &answerContext{Reason: why}}
}

// refusal is the audit record of a question that came to no decision.
func (z *AuthZEN) refusal(ctx context.Context, who *asker, query Query, why *reason) core.Event {
	subject := query.Authorization
	if subject == nil {
		subject = who.authorization
	}
	e := core.EventOf(core.PermissionDenied, subject, oauth.SourceOf(ctx))
	e.Reason, e.Detail = oauth.ReasonPermissionDenied, why.Why
	if id, _ := query.Resource.account(); id != "" {
		e.Target = "account/" + shown(id)
	}
	return who.asked(e)
}

// asked adds who asked, where that is somebody else.
func (who *asker) asked(e core.Event) core.Event {
	kind, id := who.authorization.Subject()
	if e.SubjectType != kind || e.SubjectID != id {
		e.Detail += ", asked by " + strings.ReplaceAll(kind, "_", " ") + " " + shown(id)
	}
	return e
}

// record commits the denials of a request before it is answered.
func (z *AuthZEN) record(ctx context.Context, denied ...core.Event) error {
	if len(denied) == 0 {
		return nil
	}
	return z.Decider.Store.Write(ctx, func(tx *store.Tx) error {
		for _, event := range denied {
			tx.Audit(event)
		}
		return nil
	})
}
