// Package apiclient is what the clients of the contracts in api share: one way to send a
// request, repeat it and read what comes back.
//
//	transport  sends a request, with its token, as often as its [Options] and the server allow
//	retry      says whether to send it again, and when
//	problem    the kinds of errors, which errors.Is finds
//	pages      a list in pages as one sequence
//	events     server-sent events as one sequence, over as many connections as it takes
//
// A request that could take effect twice is never repeated: only a read, a PUT, a DELETE, a
// request with an Idempotency-Key, or one that its contract declares harmless (see
// [Repeatable]). Everything here is safe for concurrent use.
package apiclient
