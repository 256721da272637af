// Package safebuffer has a buffer that may be read while it is written, for tests that look
// at what a command says while it runs.
package safebuffer

import (
	"bytes"
	"sync"
)

// A Buffer is an io.Writer that keeps what is written. The zero Buffer is empty and ready. It
// is safe for concurrent use.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps b. It does not fail.
func (o *Buffer) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String is everything that was written.
func (o *Buffer) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
