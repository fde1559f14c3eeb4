package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrUnfinished is what a database that is not to be served yet is refused with.
var ErrUnfinished = errors.New("this database is not ready to be used")

// backupTable is in a backup, and says when that was begun. It is gone once what
// moves was ended; a file that was put in place by hand still has it.
const backupTable = "database_backup"

// unfinished fails with ErrUnfinished when the database is half of a copy, or a
// backup as it was taken.
func (s *side) unfinished(ctx context.Context) error {
	for table, why := range map[string]string{
		copyTable:   "a copy to it was interrupted; run \"claviger database copy\" again, which goes on where it stopped",
		backupTable: "it is a backup, in which codes and tokens live that were used up since; bring it back with \"claviger restore\"",
	} {
		found, err := s.has(ctx, table)
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("%w: %s", ErrUnfinished, why)
		}
	}
	return nil
}

// unplaced fails with ErrUnfinished when a SQLite file is not there, and the backup that
// was to take its place is: an empty database must not.
func unplaced(path string) error {
	_, missing := os.Lstat(path)
	_, prepared := os.Lstat(path + restoring)
	if errors.Is(missing, fs.ErrNotExist) && prepared == nil {
		return fmt.Errorf("%w: a restore to %s was interrupted; run \"claviger restore --from FILE --replace\" again. "+
			"What was there before is kept beside it", ErrUnfinished, path)
	}
	return nil
}

// Unfinished fails with ErrUnfinished when the database must not be used yet.
func (s *Store) Unfinished(ctx context.Context) error {
	ctx, done := s.readContext(ctx)
	defer done()
	conn, err := s.reads.Conn(ctx)
	if err != nil {
		return failure("connect", err)
	}
	defer conn.Close()
	return (&side{engine: s.engine, conn: conn}).unfinished(ctx)
}
