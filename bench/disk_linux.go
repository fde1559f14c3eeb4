package main

import (
	"os"
	"syscall"
)

// flush has what was written to a file on the disk, as a database does.
func flush(file *os.File) error { return syscall.Fdatasync(int(file.Fd())) }
