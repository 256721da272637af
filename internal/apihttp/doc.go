// Package apihttp leads HTTP requests to the server of a contract, through the steps that
// the contracts of this module share:
//
//	observe       request id, common headers, access log, a net under panics
//	find          404, 405 with Allow; OPTIONS is answered here
//	authenticate  401, 403
//	limit         429, RateLimit headers
//	check         406, 415, 413, 408, 400, 422
//	once          409 while the idempotency key is in use, 422 for another request's key
//	serve         the generated server
//
// Every error leaves by one function as an RFC 9457 problem document, [Fail]; the
// generated error responses are not used. The domain's errors become a [Refusal] by
// [Options.Explain]. What nobody explains is the server's fault: the client is told that
// the service is unavailable, and the log has the rest.
package apihttp
