// Command management manages an API key with the client that was generated from the
// description of the server, and uses the key.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(issuer, credential, organisation string) error {
	ctx := context.Background()
	authenticate := func(_ context.Context, r *http.Request) error {
		r.Header.Set("X-Api-Key", credential)
		return nil
	}
	client, err := NewClientWithResponses(issuer, WithRequestEditorFn(authenticate))
	if err != nil {
		return err
	}
	if organisation == "" {
		organisations, err := client.ListOrganisationsWithResponse(ctx, nil)
		if err != nil || organisations.JSON200 == nil || len(organisations.JSON200.Items) != 1 {
			return fmt.Errorf("organisations: %v %s", err, organisations.Body)
		}
		organisation = organisations.JSON200.Items[0].Id
	}
	repeat := "first-key"
	made, err := client.CreateApiKeyWithResponse(ctx, organisation, &CreateApiKeyParams{IdempotencyKey: &repeat},
		APIKeyCreate{AccountId: "managed-account", Name: "Made by a client"})
	if err != nil || made.JSON201 == nil {
		return fmt.Errorf("create: %v %s", err, made.Body)
	}
	key := made.JSON201
	if err := expect(issuer, key.Id, *key.Secret, 200); err != nil {
		return fmt.Errorf("the new key: %w", err)
	}
	rotated, err := client.RotateApiKeyWithResponse(ctx, key.Id, nil, Rotation{})
	if err != nil || rotated.JSON201 == nil {
		return fmt.Errorf("rotate: %v %s", err, rotated.Body)
	}
	if err := expect(issuer, key.Id, *key.Secret, 401); err != nil {
		return fmt.Errorf("the old secret: %w", err)
	}
	if err := expect(issuer, key.Id, *rotated.JSON201.Secret, 200); err != nil {
		return fmt.Errorf("the new secret: %w", err)
	}
	list, err := client.ListApiKeysWithResponse(ctx, organisation, nil)
	if err != nil || list.JSON200 == nil || len(list.JSON200.Items) != 2 {
		return fmt.Errorf("list: %v %s", err, list.Body)
	}
	revoked, err := client.RevokeApiKeyWithResponse(ctx, key.Id)
	if err != nil || revoked.StatusCode() != 204 {
		return fmt.Errorf("revoke: %v %s", err, revoked.Body)
	}
	if err := expect(issuer, key.Id, *rotated.JSON201.Secret, 401); err != nil {
		return fmt.Errorf("the revoked key: %w", err)
	}
	fmt.Println("done")
	return nil
}

// expect asks for a token with a key.
func expect(issuer, id, secret string, status int) error {
	body := url.Values{"grant_type": {"client_credentials"}}.Encode()
	r, err := http.NewRequest(http.MethodPost, issuer+"/oauth2/token", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != status {
		return fmt.Errorf("answered %d, not %d", answer.StatusCode, status)
	}
	return nil
}
