// Package console is where people manage their own access: their sign-in, their
// sessions, the apps that act for them, and the partners that their companies are
// connected to.
//
// It knows pages and who is signed in; rules are those of admin and authn.
package console
