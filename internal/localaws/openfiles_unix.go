//go:build unix

package localaws

import (
	"math"
	"syscall"
)

// openFiles is how many file descriptors the process may have open. Go has raised the
// soft limit to the hard one at its start.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // what most systems give
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) // the type differs between systems
}
