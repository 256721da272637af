// Package bench measures iotauth/policy beside cedar-go and Open Policy Agent, on the same
// policies. It is a module of its own, so that users of the SDK do not inherit those.
//
//	go test -C iotauth/policy/bench -bench . -benchmem
package bench
