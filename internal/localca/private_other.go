//go:build !unix

package localca

// private accepts every file: who may read it is not in its mode here.
func private(string) error { return nil }

// syncDir does nothing where directories cannot be synced.
func syncDir(string) error { return nil }
