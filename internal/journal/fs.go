package journal

import (
	"errors"
	"io"
	"os"
	"runtime"
)

// FileSystem is what the log asks of the disk. Tests make it fail.
type FileSystem interface {
	OpenFile(path string, flag int) (File, error)
	ReadDir(dir string) ([]string, error)
	Rename(from, to string) error
	Remove(path string) error
	SyncDir(dir string) error
}

// File is an open file of a [FileSystem].
type File interface {
	io.ReadWriteSeeker
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// OS is the file system of the machine.
var OS FileSystem = osFS{}

type osFS struct{}

func (osFS) OpenFile(path string, flag int) (File, error) {
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return f, nil
}

func (osFS) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

func (osFS) Rename(from, to string) error { return os.Rename(from, to) }
func (osFS) Remove(path string) error     { return os.Remove(path) }

// SyncDir makes created, renamed and removed names durable. Windows has no such call:
// NTFS journals its directories.
func (osFS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
