package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const maxMasterFile = 1024 // bytes

// LoadMasterKey reads the key from a file that only its owner may read; errors
// say what to do, and never hold what the file does.
func LoadMasterKey(path string) (MasterKey, error) {
	file, err := os.Open(path)
	if err != nil {
		return MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return MasterKey{}, fmt.Errorf("master key %s: not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return MasterKey{}, fmt.Errorf("master key %s: mode %04o lets others read it; run: chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxMasterFile))
	if err != nil {
		return MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	key, err := ParseMasterKey(string(text))
	if err != nil {
		return MasterKey{}, fmt.Errorf("master key %s: %w", path, err)
	}
	return key, nil
}

// CreateMasterKey makes a key and writes it, durably, to a new file that only
// its owner may read. It never replaces one: what the old key sealed would be
// lost (the error then is os.ErrExist).
func CreateMasterKey(path string, random io.Reader) (MasterKey, error) {
	key := NewMasterKey(random)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(key.secret[:]) + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = syncDirectory(filepath.Dir(path))
	}
	if err != nil {
		// Nothing was sealed with it yet, and a torn file would stop the next start.
		return MasterKey{}, fmt.Errorf("master key: %w", errors.Join(err, os.Remove(path)))
	}
	return key, nil
}

// syncDirectory makes the name of a new file durable.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
