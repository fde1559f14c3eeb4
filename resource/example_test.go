package resource_test

import (
	"fmt"
	"log"
	"net/http"

	"claviger/oauth"
	"claviger/resource"
)

func Example() {
	verifier, err := resource.New(resource.Config{
		Issuer:       "https://auth.example.com",
		Audience:     "https://api.example.com",
		ClientID:     "payments-api", // registered with the scope "introspect"
		ClientSecret: "from your secret store",
	})
	if err != nil {
		log.Fatal(err)
	}
	list := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := resource.From(r.Context())
		fmt.Fprintf(w, "settlements of organisation %s, for %s %s\n", who.OrganisationID, who.SubjectType, who.Subject)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /settlements", verifier.Require(resource.Scope("settlement:read"))(list))
	mux.Handle("POST /accounts/{accountId}/payments", verifier.Require(
		resource.Product("collections"),
		resource.Permission("payment-requests:pay", resource.AccountFromPath("accountId")),
	)(list))
	mux.Handle("GET "+verifier.MetadataPath(), verifier.Metadata())
	fmt.Println(verifier.MetadataPath())
	// Output: /.well-known/oauth-protected-resource
}

// An API answers in a shape of its own by an ErrorWriter. The challenge is in the
// error's Header.
func ExampleConfig_errorWriter() {
	c := resource.Config{
		Issuer: "https://auth.example.com", Audience: "payments",
		ErrorWriter: func(w http.ResponseWriter, _ *http.Request, e *oauth.Error) {
			for name, values := range e.Header {
				w.Header()[name] = values
			}
			http.Error(w, e.Description, e.Status)
		},
	}
	_, err := resource.New(c)
	fmt.Println(err)
	// Output: <nil>
}
