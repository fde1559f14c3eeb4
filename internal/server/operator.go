package server

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"

	"claviger"
	"claviger/internal/console"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/permission"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// wireOperator gives the operator's pages what is not management.
func (s *Server) wireOperator(dialects []*dialect.Dialect) error {
	samples, err := samplesOf(dialects)
	s.console.Operator = console.Operator{Decide: s.explain, Try: s.try, Samples: samples}
	return err
}

// samplesOf reads the transcripts of dialects; one that is not built in has none.
func samplesOf(dialects []*dialect.Dialect) ([]console.Sample, error) {
	var samples []console.Sample
	for _, d := range dialects {
		files, err := fs.Glob(claviger.Transcripts, "dialects/"+d.Name+"/*.txtar")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			source, err := claviger.Transcripts.ReadFile(file)
			if err != nil {
				return nil, err
			}
			samples = append(samples, sampleOf(d.Name, strings.TrimSuffix(path.Base(file), ".txtar"), txtar.Parse(source)))
		}
	}
	return samples, nil
}

func sampleOf(dialect, name string, archive *txtar.Archive) console.Sample {
	sample := console.Sample{Dialect: dialect, Name: name, Text: strings.Join(strings.Fields(string(archive.Comment)), " ")}
	for i, section := range archive.Files {
		exchange, ok := strings.CutSuffix(section.Name, ".request")
		if !ok || i+1 == len(archive.Files) {
			continue
		}
		sample.Exchanges = append(sample.Exchanges, console.Exchange{
			Name: exchange, Request: string(section.Data), Reply: string(archive.Files[i+1].Data),
		})
	}
	return sample
}

// explain decides, and says why. It leaves no trace in the audit trail: it is nobody's
// attempt.
func (s *Server) explain(ctx context.Context, q console.Question) (*console.Answer, error) {
	who, err := s.Subject(ctx, q.Subject)
	if errors.Is(err, core.ErrNotFound) {
		return nil, oauth.NewError(oauth.ReasonInvalidValue).At("who").Because(err)
	}
	if err != nil {
		return nil, err
	}
	if q.Acting != "" {
		if err := s.Decider.Act(ctx, who, q.Acting); err != nil {
			if refused := oauth.RefusalOf(err); refused != nil {
				return nil, oauth.NewError(oauth.ReasonInvalidValue).At("acting").Because(err)
			}
			return nil, err
		}
	}
	query := permission.Query{Authorization: who, Action: q.Action}
	if q.Account != "" {
		id, err := s.AccountID(ctx, q.Account)
		if err != nil {
			return nil, err
		}
		query.Resource = permission.Resource{Type: permission.TypeAccount, ID: id}
	}
	d, err := s.Decider.Decide(ctx, query)
	if err != nil {
		return nil, err
	}
	return &console.Answer{Allowed: d.Allowed, Why: d.Why(), Role: d.Role, Scope: d.Scope, Met: d.Met, Missing: d.Missing}, nil
}

// Subject finds who a word means, as a credential of theirs would prove it:
// "person:EMAIL", "service_account:ORGANISATION/USERNAME", "api_key:ID", "client:ID".
// core.ErrNotFound: there is none.
func (i *Instance) Subject(ctx context.Context, word string) (*core.Authorization, error) {
	kind, name, _ := strings.Cut(word, ":")
	var parties tokens.Parties
	switch kind {
	case core.SubjectPerson:
		user, err := i.Store.PersonBy(ctx, name)
		if err != nil {
			return nil, err
		}
		parties.UserID = user.ID
	case core.SubjectServiceAccount:
		code, username, _ := strings.Cut(name, "/")
		organisation, err := i.Store.OrganisationByCode(ctx, code)
		if err != nil {
			return nil, err
		}
		user, err := i.Store.ServiceAccount(ctx, organisation.ID, username)
		if err != nil {
			return nil, err
		}
		parties.UserID, parties.OrganisationID = user.ID, organisation.ID
	case core.SubjectAPIKey:
		key, err := i.Store.APIKey(ctx, name)
		if err != nil {
			return nil, err
		}
		parties = tokens.Parties{APIKeyID: key.ID, OrganisationID: key.OrganisationID, AccountID: key.AccountID}
	case core.SubjectClient:
		client, err := i.Store.Client(ctx, name)
		if err != nil {
			return nil, err
		}
		parties.ClientID = client.ID
	default:
		return nil, core.ErrNotFound
	}
	return (&tokens.Directory{Store: i.Store}).Load(ctx, parties)
}

// AccountID returns the id of an account that is given by id or number. What is
// neither is returned as it is: that there is no such account is an answer.
func (i *Instance) AccountID(ctx context.Context, word string) (string, error) {
	_, err := i.Store.Account(ctx, word)
	if err == nil || !errors.Is(err, core.ErrNotFound) {
		return word, err
	}
	number, notNumber := strconv.ParseInt(word, 10, 64)
	if notNumber != nil {
		return word, nil //nolint:nilerr // see above
	}
	account, err := i.Store.AccountByNumber(ctx, number)
	if errors.Is(err, core.ErrNotFound) {
		return word, nil
	}
	if err != nil {
		return "", err
	}
	return account.ID, nil
}
