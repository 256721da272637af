// Package bench measures what holding a request to the contract costs, beside the
// validators that others wrote. It is a module of its own, so that nobody inherits them.
//
//	go test -bench . -benchmem
package bench
