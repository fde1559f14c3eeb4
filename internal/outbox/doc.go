// Package outbox makes messages and back-channel logout tokens leave: they are
// queued, sealed, in the transaction of what they tell about, and after its
// commit tried again until they have left or expired.
//
// A delivery leaves at least once: a node that dies after sending and before
// noting it leaves it to be sent again when its lease ends. Package outbox knows
// neither who is told what, nor how a message travels.
package outbox
