package outbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"claviger/internal/core"
	"claviger/internal/message"
)

// sendLogout tells a client of a logout (OpenID Connect Back-Channel Logout 1.0
// §2.5), with a token that is made now.
func (o *Outbox) sendLogout(ctx context.Context, d *core.Delivery) error {
	var l Logout
	if err := o.open(d, &l); err != nil {
		return err
	}
	client, err := o.Store.Client(ctx, l.ClientID)
	switch {
	case errors.Is(err, core.ErrNotFound), err == nil && client.Browser.LogoutURI == "":
		return fmt.Errorf("the client is no longer registered for it: %w", message.ErrRefused)
	case err != nil:
		return err
	}
	token, err := o.LogoutToken(client, l.UserID, l.SessionID)
	if err != nil {
		return err
	}
	return o.post(ctx, client, token)
}

func (o *Outbox) post(ctx context.Context, client *core.Client, token string) error {
	form := url.Values{"logout_token": {token}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, client.Browser.LogoutURI, strings.NewReader(form))
	if err != nil {
		return fmt.Errorf("the logout URI of client %s cannot be used: %w", client.ID, message.ErrRefused)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := o.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("logout of client %s: %w", client.ID, message.TransportError(err))
	}
	defer answer.Body.Close()
	switch code := answer.StatusCode; {
	case code == http.StatusOK, code == http.StatusNoContent: // §2.8
		return nil
	case code/100 == 4 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests:
		return fmt.Errorf("logout of client %s: status %d: %w", client.ID, code, message.ErrRefused)
	default:
		return fmt.Errorf("logout of client %s: status %d", client.ID, code)
	}
}
