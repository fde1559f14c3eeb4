package server

import (
	"time"

	"claviger/internal/authn"
	"claviger/internal/message"
	"claviger/internal/outbox"
	"claviger/internal/store"
	"claviger/internal/web"
)

// pages are the pages and texts, as the platform looks.
func (i *Instance) pages() (*web.Pages, error) {
	platform := i.Config.Platform
	return web.New(web.Options{
		Name: platform.Name, Colour: platform.Colour, Logo: platform.LogoImage.Data, LogoType: platform.LogoImage.Type, Log: i.environment.Log,
	})
}

// factors puts together how people prove who they are, with their sessions. What people
// and clients are told waits in the outbox.
func (i *Instance) factors(box *outbox.Outbox, authenticator *authn.Authenticator, pages *web.Pages) (*authn.Factors, error) {
	env, name := i.environment, i.Config.Platform.Name
	sessions := &authn.Sessions{
		Store: i.Store, Wake: box.Wake, Lifetime: i.Config.SessionLifetime, DeviceKey: i.master.Derive(labelDevice), Now: env.Now, Rand: env.Rand,
		Logout: func(tx *store.Tx, clientID, userID, sessionID string) error {
			return box.Logout(tx, outbox.Logout{ClientID: clientID, UserID: userID, SessionID: sessionID})
		},
	}
	people := &authn.People{
		Authenticator: authenticator, Sessions: sessions, Sending: authn.NewSendingGate(env.Now),
		Wake: box.Wake, Platform: name, Texts: pages.Text, Now: env.Now, Rand: env.Rand,
		Send: func(tx *store.Tx, channel, to, subject, text string, expires time.Time) error {
			return box.Message(tx, message.Message{Channel: channel, To: to, Subject: subject, Text: text}, expires)
		},
	}
	passkeys, err := authn.NewPasskeys(i.Config.Issuer, name)
	return &authn.Factors{People: people, Master: i.master, Passkeys: passkeys}, err
}

// offlineFactors are those of the command line: what is to be told, a server that runs
// on the database sends.
func (i *Instance) offlineFactors() (*authn.Factors, error) {
	pages, err := i.pages()
	if err != nil {
		return nil, err
	}
	env := i.environment
	box := &outbox.Outbox{Store: i.Store, Master: i.master, Log: env.Log, Now: env.Now, Rand: env.Rand}
	return i.factors(box, &authn.Authenticator{Store: i.Store, Secrets: i.Secrets, Now: env.Now}, pages)
}
