//go:build !linux

package main

import "os"

// flush has what was written to a file on the disk.
func flush(file *os.File) error { return file.Sync() }
