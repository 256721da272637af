// Package openapi holds HTTP requests and responses to an OpenAPI 3.1 document.
//
//	document, err := openapi.Parse(api.Document())   // once; refuses what it does not understand
//	call, err := document.Find(r)                    // 404, 405
//	err = call.Check(w, r, 16<<10)                   // 406, 415, 413, 408, 400, 422
//
// Everything is compiled by Parse; a request that passes costs a few
// allocations. What fails is an [*Error] with a [Reason], which has an HTTP
// status, and where the parts at fault are known, a [Fault] for each.
//
// The package is strict where a JSON decoder is lenient: unknown query
// parameters and repeated ones, duplicate member names, names in another case,
// bytes after the JSON text, invalid UTF-8 and lone surrogates are all refused.
//
// It knows the part of JSON Schema 2020-12 that the documents of this module
// use, and Parse fails on any other keyword rather than pass it by. It is
// stricter in one point: an "integer" is written in digits alone, so 1.0 and 1e2
// are none, because Go's decoder would refuse them later.
//
// [Operation.CheckResponse] is for tests: it says whether a response is one that
// the document allows.
//
// A Document is safe for concurrent use.
package openapi
