// Package nonblock writes to TCP connections without waiting for the peer.
//
//	conn = nonblock.Wrap(conn)
//	if w, ok := conn.(nonblock.Writer); ok {
//		kept, err := w.TryWrite(packet) // kept: the peer does not take it all now
//	}
//
// Who has something for a thousand connections need not wake a goroutine for each of them
// then, and still waits for none.
package nonblock

import "errors"

// ErrBusy says that nothing was taken, because somebody else is writing.
var ErrBusy = errors.New("nonblock: busy")

// A Writer can be written to without waiting.
type Writer interface {
	// TryWrite is Write without waiting. What the system does not take at once is kept, and
	// goes out first with the next Write, which may be one of nothing. Calls of both are made
	// one after the other. ErrBusy says that nothing was taken.
	TryWrite(p []byte) (kept bool, err error)
}
