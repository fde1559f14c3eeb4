// Package web renders the pages that people see: sign-in, consent, account,
// sign-out, problems, and the answer that a browser posts to a client. It owns
// their templates, stylesheet, texts and security headers, and the platform's
// colour and logo on them.
//
// It knows no storage, no sessions and no OAuth; whoever renders a page has
// decided already what it says.
package web
