//go:build !unix

package nonblock

import "net"

// Wrap returns conn: here every write may wait.
func Wrap(conn net.Conn) net.Conn { return conn }
