package server

import (
	"net/http"

	"claviger/internal/admin"
	"claviger/internal/authorize"
	"claviger/internal/console"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/message"
	"claviger/internal/outbox"
	"claviger/internal/web"
	"claviger/oauth"
)

// wireBrowser puts the browser flow together.
func (s *Server) wireBrowser(dialects []*dialect.Dialect) error {
	env, platform := s.environment, s.config.Platform
	pages, err := s.pages()
	if err != nil {
		return err
	}
	senders, err := s.senders()
	if err != nil {
		return err
	}
	s.Pages = pages
	s.Outbox = &outbox.Outbox{
		Store: s.Store, Master: s.master, Senders: senders, LogoutToken: s.Issuer.LogoutToken,
		HTTP: outbox.NewClient(s.config.PrivateLogoutURIs), Log: s.log, Now: env.Now, Rand: env.Rand,
	}
	factors, err := s.factors(s.Outbox, s.authenticator, pages)
	if err != nil {
		return err
	}
	people, sessions := factors.People, factors.People.Sessions
	s.authorize = &authorize.Endpoint{
		Issuer: s.config.Issuer, Store: s.Store, Authenticator: s.authenticator, Sessions: sessions, People: people, Factors: factors,
		Directory: s.Exchange.Directory, Tokens: s.Issuer, Verifier: s.authenticator.Verifier, Pages: pages, Log: s.log,
		Now: env.Now, Rand: env.Rand,
	}
	s.Admin.Sessions, s.Admin.Factors = sessions, factors
	s.Admin.Invitations = admin.Mail{
		Issuer: s.config.Issuer, Platform: platform.Name, Send: people.Send, Wake: s.Outbox.Wake, Text: pages.Text,
	}
	s.console = &console.Console{
		Issuer: s.config.Issuer, Store: s.Store, Admin: s.Admin, Sessions: sessions, People: people, Factors: factors,
		Dialects: dialects, Pages: pages, Log: s.log, Now: env.Now,
	}
	return s.wireOperator(dialects)
}

// senders are the ways that messages leave: as configured or, for development,
// into the inbox.
func (s *Server) senders() (map[string]message.Sender, error) {
	senders := map[string]message.Sender{}
	if inbox := s.environment.Inbox; inbox != nil {
		senders[core.ChannelEmail], senders[core.ChannelSMS] = inbox, inbox
		return senders, nil
	}
	if url := s.config.Mail.SMTPURL.Reveal(); url != "" {
		smtp, err := message.NewSMTP(message.SMTPOptions{URL: url, From: s.config.Mail.From, Now: s.environment.Now})
		if err != nil {
			return nil, err
		}
		senders[core.ChannelEmail] = smtp
	}
	if url := s.config.SMS.WebhookURL.Reveal(); url != "" {
		webhook, err := message.NewWebhook(message.WebhookOptions{
			URL: url, Secret: s.config.SMS.WebhookSecret.Reveal(), Client: outbox.NewClient(true), Now: s.environment.Now,
		})
		if err != nil {
			return nil, err
		}
		senders[core.ChannelSMS] = webhook
	}
	return senders, nil
}

// browserRoutes are the pages and what belongs to them.
func (s *Server) browserRoutes(mux *http.ServeMux) {
	a := s.authorize
	open := func(get, post http.Handler) map[string]http.Handler {
		handlers := map[string]http.Handler{}
		if get != nil {
			handlers[http.MethodGet] = get
		}
		if post != nil {
			handlers[http.MethodPost] = post
		}
		return handlers
	}
	both := func(handler http.HandlerFunc) map[string]http.Handler { return open(handler, handler) }
	form := func(handler http.Handler) map[string]http.Handler { return open(handler, s.ownForms(handler)) }
	for path, handlers := range map[string]map[string]http.Handler{
		web.PathAuthorize:   both(a.Authorize),
		web.PathLogout:      both(a.Logout), // clients post to it too; it asks where the form is not its own
		web.PathSignIn:      form(a.SignIn()),
		web.PathCode:        form(a.Code()),
		web.PathRecover:     form(a.Recover()),
		web.PathPassword:    form(a.NewPassword()),
		web.PathStepUp:      form(a.StepUp()),
		web.PathSecond:      form(a.Second()),
		web.PathPasskey:     form(a.Passkey()),
		web.PathChoose:      form(a.Choose()),
		web.PathConsent:     form(a.Consent()),
		web.PathAccount:     form(s.console.Account()),
		web.PathPasskeys:    form(s.console.Passkeys()),
		web.PathApp:         form(s.console.App()),
		web.PathRecovery:    form(s.console.RecoveryCodes()),
		web.PathConnections: form(s.console.Connections()),
	} {
		s.registerPage(mux, path, handlers)
	}
	for _, route := range s.console.Routes() {
		s.registerPage(mux, route.Pattern, form(route.Handler))
	}
	mux.Handle("GET "+web.PathAssets, s.Pages.Assets())
	if inbox := s.environment.Inbox; inbox != nil {
		s.register(mux, web.PathInbox, open(s.inboxPage(inbox), nil), s.Pages.RenderError)
		s.register(mux, web.PathComponents, open(http.HandlerFunc(s.componentsPage), nil), s.Pages.RenderError)
	}
}

// registerPage adds a page with its methods, of which the server works on so many at once.
func (s *Server) registerPage(mux *http.ServeMux, path string, handlers map[string]http.Handler) {
	for method, handler := range handlers {
		handlers[method] = s.workload.pages.bound(handler, s.Pages.RenderError)
	}
	s.register(mux, path, handlers, s.Pages.RenderError)
}

// ownForms refuses a form that another site sends, a sibling domain too (E02). It
// is the standard library's, which asks the browser (Sec-Fetch-Site, Origin).
func (s *Server) ownForms(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Pages.RenderError(w, r, oauth.NewError(oauth.ReasonFormElsewhere))
	}))
	return protection.Handler(next)
}

// inboxPage shows the messages of development.
func (s *Server) inboxPage(inbox *message.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page web.Inbox
		for _, m := range inbox.List() {
			page.Messages = append(page.Messages, web.InboxLine{
				At: m.At.UTC().Format("15:04:05"), Channel: m.Channel, To: m.To, Subject: m.Subject, Text: m.Text,
			})
		}
		s.Pages.Render(w, r, web.View{Data: page})
	})
}

// componentsPage shows what pages of the console are made of, in development.
func (s *Server) componentsPage(w http.ResponseWriter, r *http.Request) {
	s.Pages.Render(w, r, web.View{Data: web.Gallery(r.URL.Query().Get("show"))})
}
