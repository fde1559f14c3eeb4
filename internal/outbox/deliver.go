package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"claviger/internal/core"
	"claviger/internal/message"
	"claviger/internal/store"
)

const (
	lease            = time.Minute // how long a node has a delivery to itself
	attemptTimeout   = 10 * time.Second
	settleTimeout    = 10 * time.Second // lease is longer than both together
	longestLastError = 200              // bytes
)

// backOff is the wait after each failed attempt; the last one repeats.
var backOff = []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}

// deliver makes one attempt at a delivery, unless another node has taken it.
func (o *Outbox) deliver(ctx context.Context, q *queue, d *core.Delivery) (sent bool, err error) {
	if ok, err := o.claim(ctx, d); err != nil || !ok {
		return false, err
	}
	ctx = context.WithoutCancel(ctx) // an attempt that is cut off may have succeeded, and would be made twice
	failure := errExpired
	if o.Now().Before(d.ExpiresAt) {
		failure = o.attempt(ctx, q, d)
	}
	return failure == nil, o.settle(ctx, d, failure)
}

var errExpired = errors.New("expired before it was tried")

func (o *Outbox) claim(ctx context.Context, d *core.Delivery) (ok bool, err error) {
	err = o.Store.Write(ctx, func(tx *store.Tx) (err error) {
		ok, err = tx.ClaimDelivery(d, o.Now().Add(lease))
		return err
	})
	return ok, err
}

func (o *Outbox) attempt(ctx context.Context, q *queue, d *core.Delivery) error {
	timeout := o.timeout
	if timeout == 0 {
		timeout = attemptTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return q.send(ctx, d)
}

// settle notes how an attempt went: the delivery is gone, or tried again later
// if it then still lives.
func (o *Outbox) settle(ctx context.Context, d *core.Delivery, failure error) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	attempts := d.Attempts + 1 // claiming counted this one
	next := o.Now().Add(o.wait(attempts))
	over := failure == nil || errors.Is(failure, message.ErrRefused) || !next.Before(d.ExpiresAt)
	reason := describe(failure)
	err := o.Store.Write(ctx, func(tx *store.Tx) error {
		if over {
			return tx.DeleteDelivery(d.ID)
		}
		return tx.PostponeDelivery(d.ID, next, reason)
	})
	if failure != nil {
		text := "a delivery failed; it will be tried again"
		if over {
			text = "a delivery failed and was given up"
		}
		o.Log.Warn(text, "delivery", d.ID, "kind", d.Kind, "attempts", attempts, "error", reason)
	}
	return err
}

// wait is the back-off after a number of attempts, give or take a fifth, so that
// what failed together does not come back together.
func (o *Outbox) wait(attempts int64) time.Duration {
	var random [1]byte
	if _, err := io.ReadFull(o.Rand, random[:]); err != nil {
		panic("claviger: the random source failed: " + err.Error()) // H15
	}
	d := backOff[min(int(attempts), len(backOff))-1]
	return d*4/5 + d*2/5*time.Duration(random[0])/255
}

// describe is the text of a failure for the log and the row: one short line.
func describe(failure error) string {
	if failure == nil {
		return ""
	}
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, failure.Error())
	return strings.ToValidUTF8(text[:min(len(text), longestLastError)], "")
}

func (o *Outbox) sendMessage(ctx context.Context, d *core.Delivery) error {
	var m message.Message
	if err := o.open(d, &m); err != nil {
		return err
	}
	sender, ok := o.Senders[d.Kind]
	if !ok {
		return fmt.Errorf("nothing is configured to send by %s", d.Kind)
	}
	return sender.Send(ctx, m)
}
