package journal

import (
	"errors"
	"fmt"
)

var (
	// ErrFailed is what every Wait returns after a write or sync went wrong; the cause
	// is wrapped with it. The log must be opened anew.
	ErrFailed = errors.New("journal: the log has failed")
	// ErrClosed is wrapped by what Wait returns for records appended after Close.
	ErrClosed = errors.New("journal: closed")
	// ErrLocked says that another process (or Log) has the directory.
	ErrLocked = errors.New("journal: the directory is in use")
	// ErrReplay says that Replay was not called before Append, or called twice.
	ErrReplay = errors.New("journal: Replay must be called once, before Append")
	// ErrTooLarge is the cause of failure after a record above [MaxRecord].
	ErrTooLarge = errors.New("journal: record too large")
)

// CorruptError reports damage that no crash explains. Nothing was changed on disk.
type CorruptError struct {
	Path   string
	Offset int64 // where in the file the damage begins, in bytes
	Good   int   // records of the file before it that were intact
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal: %s is damaged at byte %d (%s); the %d records before are good and nothing was changed", e.Path, e.Offset, e.Reason, e.Good)
}

// VersionError reports a file that a newer program wrote.
type VersionError struct {
	Path    string
	Version uint32 // of the file
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("journal: %s has format version %d, this program reads up to %d: start the newer one", e.Path, e.Version, version)
}
