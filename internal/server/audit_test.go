package server_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
)

// What anybody may send as a grant type is refused and recorded, and does not keep
// others from what is committed along with it.
func TestH12_AnyGrantType(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		c.apply(plainClients)
		token := func(form string) wireAnswer {
			return c.send(http.MethodPost, "/oauth2/token", form, formType, basic("plain", "plain-secret"))
		}
		for sent, recorded := range map[string]string{
			"a%00b": `"a\x00b"`, "a%FFb": `"a�b"`, strings.Repeat("x", 5000): `"` + strings.Repeat("x", 80) + `"`, "implicit": `"implicit"`,
		} {
			before := c.refusals()
			c.Clock.Advance(time.Second) // so that these are the newest
			token("grant_type=" + sent).is(http.StatusBadRequest)
			c.send(http.MethodPost, "/oauth2/token", "grant_type="+sent, formType).is(http.StatusUnauthorized)
			list, err := c.Store.Events(t.Context(), store.EventFilter{Type: core.TokenRefused})
			if err != nil || len(list) != before+2 {
				t.Fatalf("%.10q: %v, %d records", sent, err, len(list)-before)
			}
			if list[0].GrantType != recorded || list[1].GrantType != recorded {
				t.Errorf("%.10q was recorded as %q and %q", sent, list[0].GrantType, list[1].GrantType)
			}
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { token("grant_type=a%00b").is(http.StatusBadRequest) })
			all.Go(func() { token("grant_type=client_credentials").is(http.StatusOK) })
		}
		all.Wait()
	})
}
