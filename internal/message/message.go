package message

import (
	"context"
	"errors"
)

// Message is a text for one person.
type Message struct {
	ID      string `json:"id"`      // tells a second attempt from a second message; ASCII without spaces
	Channel string `json:"channel"` // core.ChannelEmail or core.ChannelSMS
	To      string `json:"to"`      // a bare email address, or a phone number with + and country code
	Subject string `json:"subject"` // of mails
	Text    string `json:"text"`    // plain; lines end in \n
}

// ErrRefused is part of an error when the message itself was refused: the same
// again would be refused again.
var ErrRefused = errors.New("refused")

// Sender makes one attempt to send a message, and gives up when ctx ends. It
// may be called from several goroutines.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
