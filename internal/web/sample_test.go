package web

import (
	"net/http/httptest"
	"testing"

	"claviger/test/testlog"
)

// sample is a page as people get to see it.
type sample struct {
	name string
	data any
}

var (
	scopes = []ScopeLine{{Name: "wallet-summary:read"}, {Name: "payable:read"}, {Name: "offline_access"}, {Name: "card:freeze"}}

	companies = []AccountLine{
		{ID: "acme-fr", Name: "Acme France", Organisation: "Acme Group", Note: "consent.connected_adds", Selected: true},
		{ID: "acme-uk", Name: "Acme United Kingdom", Organisation: "Acme Group", Note: "GBP"},
	}

	connections = []ConnectionLine{
		{ID: "cns_1", Partner: "Ledger Cloud", Scopes: "See the balance and summary of the company's wallet. See the company's bills to pay.", ApprovedBy: "Camille Martin", ApprovedAt: "3 March 2026, 09:41 UTC", LastUsedAt: "22 November 2026, 16:02 UTC"},
		{ID: "cns_2", Partner: "Sage Bookkeeping", Scopes: "See the company's settlements", ApprovedAt: "20 November 2026, 11:15 UTC"},
	}

	sessions = []SessionLine{
		{ID: "ses_1", Device: "Firefox on Linux", IP: "203.0.113.7", SignedInAt: "22 November 2026, 08:12 UTC", SeenAt: "22 November 2026, 16:02 UTC", Current: true},
		{ID: "ses_2", Device: "Safari on iPhone", IP: "2001:db8:85a3::8a2e:370:7334", SignedInAt: "19 November 2026, 19:47 UTC", SeenAt: "21 November 2026, 07:30 UTC"},
		{ID: "ses_3", IP: "198.51.100.23", SignedInAt: "2 October 2026, 10:05 UTC", SeenAt: "2 October 2026, 10:09 UTC"},
	}
)

var (
	passkeys = []PasskeyLine{
		{ID: "psk_1", Name: "My laptop", AddedAt: "3 March 2026, 09:41 UTC", LastUsedAt: "22 November 2026, 16:02 UTC"},
		{ID: "psk_2", Name: "Security key", AddedAt: "20 November 2026, 11:15 UTC"},
	}

	modules = QRCode{{true, true, false, true}, {true, false, false, true}, {false, true, true, false}, {true, false, true, true}}
)

// samples are all pages, those with errors too.
func samples() []sample { return append(flowSamples(), factorSamples()...) }

// factorSamples are the pages of second factors.
func factorSamples() []sample {
	return []sample{
		{"sign-in-passkey", SignIn{Flow: "f", ClientName: "Ledger Cloud", CanUseCode: true, CanUsePasskey: true}},
		{"second-factor", SecondFactor{Flow: "f", Action: PathSecond, Identifier: "camille@example.com", App: true, Passkey: true, CanRecover: true, CanRemember: true}},
		{"second-factor-error", SecondFactor{Action: PathStepUp, Identifier: "camille@example.com", App: true, CanRecover: true, Errors: Errors{"code": ErrorAppCode}}},
		{"second-factor-passkey", SecondFactor{Flow: "f", Action: PathSecond, Identifier: "camille@example.com", Passkey: true, CanRemember: true}},
		{"second-factor-recovery", SecondFactor{Flow: "f", Action: PathSecond, Identifier: "camille@example.com", Recovery: true, Errors: Errors{"recovery_code": ErrorRecoveryCode}}},
		{"use-passkey", UsePasskey{Flow: "f", Action: PathPasskey, Back: PathSignIn, Options: `{"publicKey":{"challenge":"AAAA"}}`}},
		{"passkeys", Passkeys{Lines: passkeys, Name: "Firefox, Linux", Can: true, Notice: "notice.passkey_removed"}},
		{"passkeys-error", Passkeys{Can: true, Errors: Errors{"name": ErrorPasskeyName}}},
		{"passkeys-cannot", Passkeys{}},
		{"app", AuthenticatorApp{SetUp: true, LastUsedAt: "22 November 2026, 16:02 UTC", Notice: "notice.app_added"}},
		{"app-none", AuthenticatorApp{}},
		{"app-set-up", AuthenticatorApp{Secret: "JBSW Y3DP EHPK 3PXP", Code: modules, Errors: Errors{"code": ErrorAppCode}}},
		{"recovery-codes", RecoveryCodes{Codes: []string{"abcd-efgh-jkmn", "pqrs-tvwx-yz01"}, Left: 2, Any: true, Why: "notice.app_added"}},
		{"recovery-codes-left", RecoveryCodes{Left: 8, Any: true}},
		{"recovery-codes-none", RecoveryCodes{}},
	}
}

func flowSamples() []sample {
	return []sample{
		{"sign-in", SignIn{Flow: "f", ClientName: "Ledger Cloud", CanUseCode: true}},
		{"sign-in-error", SignIn{Flow: "f", Identifier: "camille@example.com", ClientName: "Ledger Cloud", CanUseCode: true, Errors: Errors{FormError: ErrorCredentials, "password": ErrorPassword}, RetryAfter: 42}},
		{"ask-code", AskCode{Flow: "f", Purpose: "sign_in"}},
		{"recover", AskCode{Flow: "f", Purpose: "recovery", Identifier: "?", Errors: Errors{"identifier": ErrorIdentifier}}},
		{"enter-code", EnterCode{Flow: "f", Purpose: "sign_in", Code: "otc_1", Destination: "c•••••@example.com", CanResend: true}},
		{"enter-code-error", EnterCode{Purpose: "verify_phone", Code: "otc_1", Destination: "+64 •• ••• 4567", Action: PathAccount, Errors: Errors{"code": ErrorCode}, CanResend: true, Fields: map[string]string{"action": "verify_phone"}}},
		{"new-password", NewPassword{Flow: "f", Code: "otc_1", Identifier: "camille@example.com", Errors: Errors{"new_password": ErrorPasswordShort}}},
		{"choose", Choose{Flow: "f", Name: "Camille Martin", Identifier: "camille@example.com", ClientName: "Ledger Cloud"}},
		{"consent", Consent{Flow: "f", ClientName: "Ledger Cloud", ClientWebsite: "https://ledger.example", PolicyURI: "https://ledger.example/privacy", TermsURI: "https://ledger.example/terms", Person: "camille@example.com", Scopes: scopes, Accounts: companies, Pick: true}},
		{"consent-error", Consent{Flow: "f", ClientName: "Ledger Cloud", Person: "camille@example.com", Accounts: companies[1:], Pick: true, Errors: Errors{"account": ErrorAccount}}},
		{"consent-nothing", Consent{Flow: "f", ClientName: "Ledger Cloud", Person: "camille@example.com", Scopes: scopes, Pick: true, Nothing: true}},
		{"consent-person", Consent{Flow: "f", ClientName: "Example website and app", Person: "camille@example.com", Scopes: []ScopeLine{{Name: "openid"}, {Name: "profile"}, {Name: "email"}}}},
		{"logout", Logout{ClientName: "Ledger Cloud", Fields: map[string]string{"state": "s"}}},
		{"logged-out", LoggedOut{}},
		{"problem", Problem{Title: "problem.redirect.title", Text: "problem.redirect.text", Detail: "redirect_uri", RequestID: "req_06eavrgh"}},
		{"notice", Notice{Title: "logged_out.title", Text: "notice.password_changed", Link: PathAccount, LinkText: "back.account"}},
		{"form-post", FormPost{Action: "https://ledger.example/callback", Fields: [][2]string{{"code", testlog.Canary}, {"state", "s"}}}},
		{"account", Account{Name: "Camille Martin", Email: "camille@example.com", Phone: "+64 21 123 4567", PhoneVerified: true, Trusted: true, Sessions: sessions, Apps: connections[:1], Notice: "notice.phone_verified"}},
		{"account-error", Account{Name: "Sam Lee", Sessions: sessions[:1], Errors: Errors{"phone": ErrorPhone, "current_password": ErrorCurrentPassword, "new_password": ErrorPasswordShort}}},
		{"inbox", Inbox{Messages: []InboxLine{{"16:02:11", "sms", "+64211234567", "", "123456 is your code for Example Pay.\nIt is valid for 10 minutes."}, {"15:58:40", "email", "camille@example.com", "Your code for Example Pay", "654321 is your code."}}}},
	}
}

func newPages(t testing.TB, change ...func(*Options)) *Pages {
	t.Helper()
	o := Options{Name: "Example Pay", Colour: "#0b5d51", Log: testlog.Logger(t)}
	for _, c := range change {
		c(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// render is the answer to a GET of target.
func render(t testing.TB, p *Pages, target string, v View) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest("GET", target, nil), v)
	return w
}
