// Package contracttest holds the server of an OpenAPI contract to it, by random requests:
// valid ones, and ones with exactly one fault of a known kind.
//
//	report := contracttest.Check(t, contract, 100_000)
//	t.Log(report)
//
// Requests are made from the document as JSON, apart from the compiler of package openapi
// that servers check requests by. Of each response it demands that
//
//   - its status is documented, its headers, media type and body are as documented, and it
//     is no 5xx;
//   - a fault is answered with the status that it has in every contract of this module, as a
//     problem document, and a problem names what is at fault;
//   - a valid request is refused only with a problem that the domain is known to have;
//   - an entity tag is answered with 304, HEAD like GET, a repeated key like the first time,
//     a nextCursor with a page.
//
// A case that fails is minimized by package rapid.
package contracttest
