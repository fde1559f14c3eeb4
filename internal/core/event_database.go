package core

// Events of the database itself.
const (
	DatabaseCopied   EventType = "database.copied"
	DatabaseRestored EventType = "database.restored"
)
