// Package history records what clients asked of a token server and what they were
// told, and judges afterwards whether a correct server can have said all of it.
//
// It knows the rules that clients are promised, and nothing of how a server keeps
// them: it imports none of its code, and takes tokens for names.
package history
