// Package faulttest has only tests: what goes wrong around the broker (internal/mqtt) with
// its store (package store) on real sockets, files and processes. Clients are cut, slow,
// wrong and hostile, the disk is full, and the process is killed.
package faulttest
