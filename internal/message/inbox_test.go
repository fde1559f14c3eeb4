package message_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"claviger/internal/message"
)

func TestInboxKeepsTheLastHundred(t *testing.T) {
	inbox := &message.Inbox{Now: func() time.Time { return at }}
	for n := range 130 {
		if err := inbox.Send(t.Context(), message.Message{Subject: strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
	}
	list := inbox.List()
	if len(list) != 100 || list[0].Subject != "129" || list[99].Subject != "30" || !list[0].At.Equal(at) {
		t.Errorf("%d messages, from %+v to %+v", len(list), list[0], list[len(list)-1])
	}
	list[0].Subject = "changed"
	if inbox.List()[0].Subject != "129" {
		t.Error("the list is not the reader's own")
	}
}

func TestInboxIsForMany(t *testing.T) {
	inbox := &message.Inbox{Now: time.Now}
	var senders sync.WaitGroup
	for range 10 {
		senders.Go(func() {
			_ = inbox.Send(t.Context(), message.Message{})
			inbox.List()
		})
	}
	senders.Wait()
	if got := len(inbox.List()); got != 10 {
		t.Errorf("%d messages", got)
	}
}
