package core

// PersonCreated says that somebody made their account.
const PersonCreated EventType = "person.created"
