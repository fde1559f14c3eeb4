//go:build linux || darwin || freebsd || netbsd || openbsd

package store

import (
	"io"
	"os"
	"syscall"
)

// SQLite locks these bytes of a file. In WAL mode every connection keeps a shared
// lock on some of them for as long as it is open.
const (
	sqliteLocksAt = 0x40000000
	sqliteLocks   = 512
)

// lockHolder returns the id of another process that has the database file open; 0
// when none has. Closing the file drops this process's own locks on it, so it must
// not be called while this process has the database open.
func lockHolder(path string) (process int, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: sqliteLocksAt, Len: sqliteLocks}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return 0, err
	}
	if lock.Type == syscall.F_UNLCK {
		return 0, nil
	}
	return int(lock.Pid), nil
}
