package core

// What becomes of people.
const (
	PersonCreated   EventType = "person.created"   // somebody made their account
	PersonUpdated   EventType = "person.updated"   // the platform stopped somebody, or let them back in
	OperatorInvited EventType = "operator.invited" // a link was made that makes an operator
)
