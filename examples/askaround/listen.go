package main

import "net"

// orFree returns addr, or a free port of the same host where addr is a default that
// another program has taken. An address that was asked for is not replaced.
func orFree(addr string, given bool) string {
	if given {
		return addr
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		host, _, _ := net.SplitHostPort(addr)
		return net.JoinHostPort(host, "0")
	}
	_ = l.Close()
	return addr
}
