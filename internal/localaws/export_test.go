package localaws

import "github.com/askaround/askaround-go/internal/journal"

// OnFS is an option that keeps the data on fs.
func OnFS(fs journal.FileSystem) func(*Options) { return func(o *Options) { o.fs = fs } }
