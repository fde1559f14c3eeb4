package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrBackupEngine is what Backup and restoring return for PostgreSQL, which brings
// tools of its own.
var ErrBackupEngine = errors.New("PostgreSQL has its own tools for that")

// BackupInfo is a backup as it was taken.
type BackupInfo struct {
	File    string
	Bytes   int64
	TakenAt time.Time // what was committed before this is in it
	Version int64     // schema version
}

// Backup writes what is in a SQLite database at this moment into a new file, while
// servers go on. The file is private, on the disk, and was read again in full when
// Backup returns; before that it has another name.
func Backup(ctx context.Context, databaseURL, file string, now time.Time) (*BackupInfo, error) {
	engine, _, err := splitURL(databaseURL)
	if err != nil {
		return nil, err
	}
	if engine != SQLite {
		return nil, ErrBackupEngine
	}
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	source, err := openSide(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer source.close()
	if err := source.unfinished(ctx); err != nil {
		return nil, err
	}
	info := &BackupInfo{File: file, TakenAt: now}
	if info.Version, err = source.version(ctx); err != nil {
		return nil, err
	}
	if info.Version == 0 {
		return nil, fmt.Errorf("%s holds no database of this server", source.path)
	}
	partial := file + ".partial"
	if err := source.snapshot(ctx, partial); err != nil {
		return nil, err
	}
	if err := finishBackup(ctx, partial, info); err != nil {
		return nil, errors.Join(err, os.Remove(partial))
	}
	return info, nil
}

func finishBackup(ctx context.Context, partial string, info *BackupInfo) error {
	if err := markBackup(ctx, partial, info); err != nil {
		return err
	}
	if err := checkFile(ctx, partial); err != nil {
		return err
	}
	state, err := os.Stat(partial)
	if err != nil {
		return err
	}
	info.Bytes = state.Size()
	if err := syncFile(partial); err != nil {
		return err
	}
	if err := renameNew(partial, info.File); err != nil {
		return err
	}
	return syncFile(filepath.Dir(info.File))
}

// snapshot writes the database as it is at one moment into a new file. It reads in
// one transaction, which keeps no writer waiting.
func (s *side) snapshot(ctx context.Context, file string) error {
	made, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w; remove it if nothing else is writing it: a run of this was interrupted", err)
	}
	if err != nil {
		return err
	}
	if err := made.Close(); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "VACUUM INTO ?", file); err != nil { // an empty file will do
		return errors.Join(failure("backup", err), os.Remove(file))
	}
	return nil
}

// markBackup notes when a backup was begun, in a table that keeps it from being
// served as it is.
func markBackup(ctx context.Context, file string, info *BackupInfo) error {
	db, err := openPlain(file, "&_pragma=journal_mode(DELETE)&_synchronous=FULL")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CREATE TABLE "+backupTable+" (taken_at BIGINT PRIMARY KEY)")
	if err == nil {
		_, err = db.ExecContext(ctx, "INSERT INTO "+backupTable+" (taken_at) VALUES (?)", millis(info.TakenAt))
	}
	return errors.Join(failure("backup", err), db.Close())
}

// openPlain opens a file without the settings of a database that is served.
func openPlain(file, options string) (*sql.DB, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String()+"?_busy_timeout=5000"+options)
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// checkFile reads all of a file, and fails when it is not whole.
func checkFile(ctx context.Context, file string) error {
	db, err := openPlain(file, "&mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	found, err := texts(ctx, db, "PRAGMA integrity_check")
	if err == nil && strings.Join(found, "") != "ok" {
		return fmt.Errorf("%s is damaged: %s", file, strings.Join(found, "; "))
	}
	if err == nil {
		found, err = texts(ctx, db, `SELECT DISTINCT "table" FROM pragma_foreign_key_check`)
	}
	if err == nil && len(found) > 0 {
		return fmt.Errorf("%s is damaged: rows of %s refer to nothing", file, strings.Join(found, ", "))
	}
	return failure("check", err)
}

// syncFile waits until a file or a directory is on the disk.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// renameNew renames a file unless there is one of the new name.
func renameNew(from, to string) error {
	if err := os.Link(from, to); err == nil || errors.Is(err, fs.ErrExist) {
		return errors.Join(err, os.Remove(from))
	}
	if _, err := os.Lstat(to); err == nil { // a file system without links
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	}
	return os.Rename(from, to)
}
