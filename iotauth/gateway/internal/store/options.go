package store

import (
	"log/slog"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
)

// Options configure a Store. A zero value means the default.
type Options struct {
	// CompactBytes is how much the journal grows, in bytes, before it is compacted.
	// Default: the journal's, 64 MiB.
	CompactBytes int64
	// Logger is told of recovered crashes and of failed compactions. Default: none.
	Logger *slog.Logger
	// FS is where the files are. Default: the machine's.
	FS journal.FileSystem
	// Now tells Load what has expired. Default: time.Now.
	Now func() time.Time
}
