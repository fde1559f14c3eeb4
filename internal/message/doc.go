// Package message sends mails and text messages: by SMTP, by a webhook of the
// operator's SMS gateway, or into a list in memory for development.
//
// A Sender makes one attempt and forgets; waiting and trying again is for its
// caller. Its errors hold neither text of a message nor words of a server,
// which may repeat what they were sent.
package message
