package config

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// messages checks how messages leave. What holds a secret is not printed.
func (k *checker) messages() {
	c := k.config
	if c.Mail.From != "" {
		_, err := mail.ParseAddress(c.Mail.From)
		k.require(err == nil, "mail.from", "must be an address such as auth@example.com or \"Example <auth@example.com>\", not %q", c.Mail.From)
	}
	if c.Mail.SMTPURL != "" {
		k.require(isSMTP(c.Mail.SMTPURL.Reveal()), "mail.smtp_url",
			"must be smtp://USER:PASSWORD@HOST:PORT (STARTTLS), or smtps:// (TLS from the start), with what is special in a password escaped")
		k.require(c.Mail.From != "", "mail.from", "is missing: mail.smtp_url is set, and mail needs a sender")
	}
	if c.SMS.WebhookURL != "" {
		k.require(isWebhook(c.SMS.WebhookURL.Reveal()), "sms.webhook_url",
			"must be an https URL (http is for loopback addresses), without a user name and a fragment")
		k.require(len(c.SMS.WebhookSecret) >= shortestSecret, "sms.webhook_secret",
			"must have at least %d characters: it proves to the receiver that a message comes from this server", shortestSecret)
	}
}

const shortestSecret = 16

// operator checks whom the first start makes the account of.
func (k *checker) operator() {
	o := k.config.Operator
	if o.Email == "" {
		k.require(o.Password == "" && o.PasswordFile == "", "operator.email", "is missing: a password of the operator is set, and it is nobody's")
		return
	}
	address, err := mail.ParseAddress(o.Email)
	k.require(err == nil && address.Address == o.Email, "operator.email", "must be an email address, not %q", o.Email)
	k.require(o.Password != "" || o.PasswordFile != "", "operator.password", "is missing: set it, or name a file that holds it with operator.password_file")
}

func isSMTP(text string) bool {
	u, err := url.Parse(text)
	if err != nil || !slices.Contains([]string{"smtp", "smtps"}, u.Scheme) {
		return false
	}
	return isHost(u.Hostname()) && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

func isWebhook(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || strings.Contains(text, "#") || !isHost(u.Hostname()) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}
