package web

// View is a page to render.
type View struct {
	Locale string // "" = Locale(r, "")
	Status int    // 0 = 200
	// FormTargets are more sources for form-action, as CSP writes them ("https:",
	// "com.example.app:"): browsers hold a redirect that answers a form to it too.
	FormTargets []string
	// Popup says that a client may have opened the page in a window of its own and
	// waits for that window: its opener is not cut off.
	Popup bool
	// LanguageLinks are the addresses of this page in other languages, by locale.
	// nil: the page itself with ui_locales, when it is the answer to a GET.
	LanguageLinks map[string]string
	Data          any // one of the page structs; its type chooses the template
}

// Errors are the problems of a form: the text key by the name of the field.
// FormError stands for the form as a whole.
type Errors = map[string]string

// FormError is the field of an error that no single field is to blame for.
const FormError = "form"

// SignIn asks for identifier and password. Fields: identifier, password.
type SignIn struct {
	Flow       string // opaque; a hidden field of every form; empty outside an authorization
	Return     string // path to go on to where there is no flow: the hidden field return_to
	Identifier string
	ClientName string // who the person goes on to; empty: nobody
	Errors     Errors
	CanUseCode bool
	RetryAfter int // seconds; 0: at once

	CanUsePasskey bool
}

// AskCode asks whom to send a code to. Field: identifier.
type AskCode struct {
	Flow       string
	Return     string // path to go on to where there is no flow: the hidden field return_to
	Purpose    string // "sign_in" or "recovery"
	Identifier string
	Errors     Errors
	RetryAfter int // seconds; 0: at once
}

// EnterCode asks for the code that was sent. Fields: code, code_id,
// step=redeem; the second form has step=resend.
type EnterCode struct {
	Flow        string
	Return      string // path to go on to where there is no flow: the hidden field return_to
	Purpose     string // "sign_in", "step_up", "recovery", "verify_email", "verify_phone"
	Code        string // id of the code
	Destination string // masked
	Action      string // path to post to; empty: as Purpose says
	Errors      Errors
	CanResend   bool
	Fields      map[string]string // more hidden fields of both forms
}

// NewPassword asks for a password after a recovery. Fields: new_password, code_id.
type NewPassword struct {
	Flow       string
	Return     string // path to go on to where there is no flow: the hidden field return_to
	Code       string // id of the code that was redeemed
	Identifier string // for password managers; may be empty
	Errors     Errors
}

// Choose asks whether to go on as who is signed in. Field: decision=continue or other.
type Choose struct {
	Flow       string
	Name       string
	Identifier string
	ClientName string
}

// ScopeLine is a scope that is asked for. Text is what it allows, in words; empty:
// the text of this package, else the name is shown.
type ScopeLine struct{ Name, Text string }

// AccountLine is a company to connect.
type AccountLine struct {
	ID, Name, Organisation string
	Note                   string // text key, or a text
	Selected               bool
}

// Consent asks a person to let a client in. Fields: account (with Pick),
// decision=approve, refuse or other.
type Consent struct {
	Flow          string
	Session       string // of whom the page is shown to: a hidden field, as the answer is theirs alone
	ClientName    string
	ClientWebsite string // shown when it is https
	PolicyURI     string
	TermsURI      string
	Person        string      // who is signed in
	Scopes        []ScopeLine // none: nothing new to approve
	Accounts      []AccountLine
	Pick          bool // the person picks one of Accounts
	Nothing       bool // there is none that the person may connect
	Errors        Errors
}

// Logout asks whether to sign out. Field: decision=sign_out or stay.
type Logout struct {
	ClientName string
	Fields     map[string]string // hidden fields to keep
}

// LoggedOut says that the person is signed out.
type LoggedOut struct{}

// Problem says what went wrong where no form can.
type Problem struct {
	Title     string // text key
	Text      string // text key
	Detail    string // safe plain text, such as the parameter that is wrong
	RequestID string
}

// Notice says that something is done.
type Notice struct {
	Title    string // text key
	Text     string // text key
	Link     string // path, or https; empty: none
	LinkText string // text key
}

// FormPost is the answer of response_mode=form_post: the browser posts Fields
// to Action (OAuth 2.0 Form Post Response Mode §2).
type FormPost struct {
	Action string
	Fields [][2]string
}

// SessionLine is a session of the person.
type SessionLine struct {
	ID, Device, IP, SignedInAt, SeenAt string
	Current                            bool
}

// ConnectionLine is a consent. Scopes is what it allows, in words.
type ConnectionLine struct {
	ID, Partner, Scopes, ApprovedBy, ApprovedAt, LastUsedAt string
	Account                                                 string // of the company, where it has a name of its own
}

// Account is the person's own page. Each form has a field action: verify_phone
// (phone), verify_email, change_password (current_password, new_password),
// end_session (session), revoke_app (consent), sign_out.
type Account struct {
	Name, Email, Phone                    string
	EmailVerified, PhoneVerified, Trusted bool
	Passkeys                              int
	App                                   bool // an authenticator app is set up
	RecoveryCodes                         int  // unused
	Sessions                              []SessionLine
	Apps                                  []ConnectionLine
	Errors                                Errors
	Notice                                string // text key; empty: none
}

// InboxLine is a message of the development server.
type InboxLine struct{ At, Channel, To, Subject, Text string }

// Inbox shows the messages that a development server did not send.
type Inbox struct{ Messages []InboxLine }

// kind is implemented by the page structs: it names the template.
type kind interface{ template() string }

func (SignIn) template() string      { return "signin" }
func (AskCode) template() string     { return "askcode" }
func (EnterCode) template() string   { return "entercode" }
func (NewPassword) template() string { return "newpassword" }
func (Choose) template() string      { return "choose" }
func (Consent) template() string     { return "consent" }
func (Logout) template() string      { return "logout" }
func (LoggedOut) template() string   { return "loggedout" }
func (Problem) template() string     { return "problem" }
func (Notice) template() string      { return "notice" }
func (FormPost) template() string    { return "formpost" }
func (Account) template() string     { return "account" }
func (Inbox) template() string       { return "inbox" }

// PostsTo is where the forms of the page go.
func (e EnterCode) PostsTo() string {
	switch {
	case e.Action != "":
		return e.Action
	case e.Purpose == "recovery":
		return PathRecover
	case e.Purpose == "step_up":
		return PathStepUp
	}
	return PathCode
}
