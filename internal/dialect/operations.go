package dialect

// OperationToken is the one operation that takes credentials in its input.
const OperationToken = "token"

// operation is what a route can stand for: the input it takes, the facts its
// reply can read, and the lists it can walk.
type operation struct {
	inputs []string            // canonical input fields it takes
	needs  [][]string          // of each group, one must be given
	facts  []string            // roots beside those of callerFacts
	lists  map[string][]string // list -> roots that its rows carry
}

// callerFacts are available in every reply.
var callerFacts = []string{"request", "client", "organisation", "account", "user", "role", "key", "service"}

// claimFacts are available in claims: what the token is issued for, not the
// token itself and not the request.
var claimFacts = []string{"client", "organisation", "account", "user", "role", "key", "service"}

var (
	oneAccount = []string{"account", "account_number"}
	theAccount = [][]string{oneAccount}
)

// operations is the one table of what a route can be.
var operations = map[string]operation{
	OperationToken: {
		inputs: []string{"grant_type", "client_id", "client_secret", "username", "password", "organisation",
			"refresh_token", "code", "code_verifier", "redirect_uri", "scope", "channel"},
		facts: []string{"token"},
	},
	"logout":   {},
	"whoami":   {lists: map[string][]string{"roles": {"role"}}},
	"accounts": {lists: map[string][]string{"accounts": {"account"}}},
	"account":  {inputs: oneAccount, needs: theAccount},
	"memberships": {
		lists: map[string][]string{"memberships": {"membership", "account", "role"}},
	},
	"wallet": {},
	"create_account": {
		inputs: []string{"name", "type", "user", "test"},
		needs:  [][]string{{"name"}, {"type"}},
	},
	"read_account": {inputs: oneAccount, needs: theAccount},
	"update_account": {
		inputs: append([]string{"name"}, oneAccount...),
		needs:  [][]string{oneAccount, {"name"}},
	},
	"create_api_key": {
		inputs: append([]string{"name", "role"}, oneAccount...),
		needs:  [][]string{oneAccount, {"name"}, {"role"}},
		facts:  []string{"secret"},
	},
	"list_api_keys": {
		inputs: oneAccount, needs: theAccount,
		lists: map[string][]string{"keys": {"key", "role"}},
	},
	"update_api_key": {
		inputs: append([]string{"name", "enabled"}, oneAccount...),
		needs:  [][]string{oneAccount, {"name"}, {"enabled"}},
	},
	"add_member": {
		inputs: append([]string{"user", "role"}, oneAccount...),
		needs:  [][]string{oneAccount, {"user"}, {"role"}},
		facts:  []string{"membership"},
	},
	"list_members": {
		inputs: oneAccount, needs: theAccount,
		lists: map[string][]string{"members": {"membership", "user", "role"}},
	},
	"remove_member": {
		inputs: append([]string{"user"}, oneAccount...),
		needs:  [][]string{oneAccount, {"user"}},
	},
}

// secretInputs may not be constants, nor come from the URL.
var secretInputs = []string{"client_secret", "password", "refresh_token", "code", "code_verifier"}

// reservedClaims are the server's own: RFC 7519, RFC 8693, RFC 9068, RFC 7800,
// OpenID Connect, and the claims that link a token to its grant (F09).
var reservedClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "typ", "azp", "act", "may_act", "cnf", "sid", "nonce",
	"client_id", "scope", "roles", "groups", "entitlements", "permissions", "auth_time", "acr", "amr",
	"grant_id", "organisation_id", "account_id", "subject_type", "source_channel",
}

// queryCredentials are parameters that a token operation refuses in its URL
// (ALL-4), beside the names that the dialect gives to secrets.
var queryCredentials = []string{
	"client_secret", "client_assertion", "password", "refresh_token", "code", "code_verifier", "assertion",
	"access_token", "api_key", "app_secret", "secret",
}
