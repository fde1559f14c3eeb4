package core

import "errors"

// ErrNotFound is what a look-up returns when there is no such thing.
var ErrNotFound = errors.New("not found")

// ErrConflict is what a write returns when a unique name, code or id is taken.
var ErrConflict = errors.New("already exists")

// Status says whether an entity takes part in decisions.
type Status string

// Statuses. Anything but active counts as stopped.
const (
	Active    Status = "ACTIVE"
	Suspended Status = "SUSPENDED"
	Disabled  Status = "DISABLED"
)

// Valid reports whether s is a known status.
func (s Status) Valid() bool { return s == Active || s == Suspended || s == Disabled }
