package admin

import (
	"cmp"
	"net/url"
	"slices"

	"claviger/internal/core"
	"claviger/internal/keys"
)

func (a *application) fillBrowser(e *edit, v *browserEntry, client *core.Client) {
	b := &client.Browser
	assign(e, "without_pkce", v.WithoutPKCE.scalar, &b.WithoutPKCE)
	assignList(e, "response_modes", v.ResponseModes, &b.ResponseModes, oneOf(responseModes))
	checked(e, "connects", v.Connects, &b.Connects, oneOf(connects))
	assign(e, "skip_consent", v.SkipConsent.scalar, &b.SkipConsent)
	checked(e, "issues_refresh", v.IssuesRefresh, &b.IssuesRefresh, oneOf(refreshIssues))
	checked(e, "id_token_algorithm", v.IDTokenAlgorithm, &b.IDTokenAlgorithm, oneOf(keys.Algorithms()))
	a.subjectType(e, v, client)
	checked(e, "backchannel_logout_uri", v.LogoutURI, &b.LogoutURI, logoutProblem)
	checked(e, "policy_uri", v.PolicyURI, &b.PolicyURI, httpsProblem)
	checked(e, "terms_uri", v.TermsURI, &b.TermsURI, httpsProblem)
}

// Subject types (OpenID Connect Core §8).
const (
	subjectPublic   = "public"
	subjectPairwise = "pairwise"
)

// subjectType sets whether a client gets subjects of its own, and with which
// clients it shares them: those of the same sector.
func (a *application) subjectType(e *edit, v *browserEntry, client *core.Client) {
	if !v.SubjectType.set() && !v.SectorIdentifier.set() {
		return
	}
	before, sector := client.Browser.PairwiseSector, v.SectorIdentifier.Value
	kind := cmp.Or(v.SubjectType.Value, subjectTypeOf(before))
	at := v.SubjectType.At
	if !v.SubjectType.set() {
		at = v.SectorIdentifier.At
	}
	wrong, problemAt := "", at
	switch {
	case kind != subjectPublic && kind != subjectPairwise:
		wrong = "subject_type " + oneOf([]string{subjectPublic, subjectPairwise})(kind)
	case kind == subjectPublic && sector != "":
		wrong, problemAt = "sector_identifier goes with subject_type: pairwise", v.SectorIdentifier.At
	case kind == subjectPublic:
	case sector != "":
		if problem := hostProblem(sector); problem != "" {
			wrong, problemAt = "sector_identifier "+problem, v.SectorIdentifier.At
		}
	default:
		if sector = cmp.Or(before, onlyHost(client)); sector == "" {
			wrong = "sector_identifier is missing: the redirect URIs do not have one host that all share (OpenID Connect Core §8.1)"
		}
	}
	if wrong != "" {
		a.problem(problemAt, "%s", wrong)
		return
	}
	e.record("subject_type", at, sector == before, showSubjects(before), showSubjects(sector))
	client.Browser.PairwiseSector = sector
}

func subjectTypeOf(sector string) string {
	if sector == "" {
		return subjectPublic
	}
	return subjectPairwise
}

func showSubjects(sector string) string {
	if sector == "" {
		return subjectPublic
	}
	return subjectPairwise + " (" + sector + ")"
}

// onlyHost returns the one host of all redirects of a client, "" if there are
// several or none.
func onlyHost(client *core.Client) string {
	hosts := slices.Clone(client.RedirectHosts)
	for _, uri := range client.RedirectURIs {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" {
			return "" // the scheme of an app: what stands where a host would is not one
		}
		hosts = append(hosts, u.Hostname())
	}
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) == 1 {
		return hosts[0]
	}
	return ""
}
