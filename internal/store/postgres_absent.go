//go:build !postgres

package store

import (
	"context"
	"errors"
)

// postgresWriters is how many writers share the work; it has no meaning here.
const postgresWriters = 1

func (s *Store) openPostgres(context.Context) error {
	return errors.New("this binary was built without PostgreSQL (build tag postgres)")
}
