//go:build unix

package localca

import (
	"errors"
	"fmt"
	"os"
)

// private refuses a file that others than its owner can read.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%w: %s holds a private key and has mode %04o: chmod 600 it", ErrFile, path, mode)
	}
	return nil
}

// syncDir makes the name of a new file last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
