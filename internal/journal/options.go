package journal

import (
	"fmt"
	"log/slog"
)

// Options configure a Log. A zero value means the default.
type Options struct {
	// CompactBytes is how much the log grows, in bytes, before it is compacted; it
	// also grows to at least the size of the last snapshot, so that compaction writes
	// no more than the clients did. At least 4096; default 64 MiB.
	CompactBytes int64
	// Logger is told of recovered crashes and of failed compactions. Default: none.
	Logger *slog.Logger

	// FS is where the files are. Default [OS].
	FS FileSystem
}

func newOptions(optFns []func(*Options)) (Options, error) {
	o := Options{CompactBytes: 64 << 20, FS: OS}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.CompactBytes == 0 {
		o.CompactBytes = 64 << 20
	}
	if o.CompactBytes < 4096 {
		return o, fmt.Errorf("journal: CompactBytes %d is below 4096", o.CompactBytes)
	}
	if o.FS == nil {
		o.FS = OS
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
