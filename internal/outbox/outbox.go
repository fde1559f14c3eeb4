package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/message"
	"claviger/internal/store"
)

// Outbox queues and delivers. Its exported fields are set once, by the
// composition root; it must not be copied.
type Outbox struct {
	Store       *store.Store
	Master      keys.MasterKey            // seals what waits
	Senders     map[string]message.Sender // by channel
	LogoutToken func(c *core.Client, userID, sessionID string) (string, error)
	HTTP        *http.Client // for logout tokens: see NewClient
	Log         *slog.Logger
	Now         func() time.Time
	Rand        io.Reader // read by several goroutines

	interval time.Duration // between looks at the queue; zero: lookEvery
	timeout  time.Duration // of one attempt; zero: attemptTimeout
	once     sync.Once
	queues   []*queue
}

// logoutLifetime is for how long a client that is away is told of a logout.
const logoutLifetime = time.Hour

// Logout is what a client is told by a back-channel logout token.
type Logout struct {
	ClientID  string `json:"client_id"`
	UserID    string `json:"user_id"`
	SessionID string `json:"session_id"`
}

// Carries reports whether messages of a channel can leave.
func (o *Outbox) Carries(channel string) bool { return o.Senders[channel] != nil }

// Message queues m within the caller's transaction, until expires. It does so
// even when the channel has no sender: a caller that answers alike for people
// who exist and who do not would tell them apart by the error. Call Wake after
// the commit.
func (o *Outbox) Message(tx *store.Tx, m message.Message, expires time.Time) error {
	if m.Channel != core.ChannelEmail && m.Channel != core.ChannelSMS {
		return fmt.Errorf("outbox: no channel %q", m.Channel)
	}
	d := o.delivery(m.Channel, expires)
	m.ID = d.ID
	return o.insert(tx, d, m)
}

// Logout queues a logout token for a client within the caller's transaction. For
// a client that is not registered for them it does nothing. Call Wake after the
// commit.
func (o *Outbox) Logout(tx *store.Tx, l Logout) error {
	client, err := tx.Client(l.ClientID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return nil
	case err != nil:
		return err
	case client.Browser.LogoutURI == "":
		return nil
	}
	return o.insert(tx, o.delivery(core.DeliverLogout, o.Now().Add(logoutLifetime)), l)
}

func (o *Outbox) delivery(kind string, expires time.Time) *core.Delivery {
	now := o.Now()
	return &core.Delivery{
		ID: core.NewID(core.PrefixDelivery, now, o.Rand), Kind: kind, NextAt: now, CreatedAt: now, ExpiresAt: expires,
	}
}

func (o *Outbox) insert(tx *store.Tx, d *core.Delivery, payload any) error {
	plain, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	d.Sealed = o.Master.Seal(o.Rand, plain, boundTo(d))
	return tx.InsertDelivery(d)
}

// open reads the payload of a delivery.
func (o *Outbox) open(d *core.Delivery, payload any) error {
	plain, err := o.Master.Open(d.Sealed, boundTo(d))
	if err != nil {
		return err
	}
	if json.Unmarshal(plain, payload) != nil { // the error would quote it
		return errors.New("the payload is not of this version")
	}
	return nil
}

// boundTo is what a payload is sealed with, so that it opens in its own row and
// nowhere else.
func boundTo(d *core.Delivery) []byte { return []byte("delivery/" + d.Kind + "/" + d.ID) }
