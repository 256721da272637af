// Package sdk is the map of askaround-go, a Go SDK for location-aware, real-time
// and device-facing applications on AWS. It holds no code: import the package
// that you need.
//
// # Packages
//
//   - [github.com/askaround/askaround-go/geoindex] keeps points in a DynamoDB table
//     and finds those within a disc, rectangle, polygon or route, or the nearest,
//     exactly, anywhere on Earth. Beside it: geohash, geojson, moving (objects that
//     move), fence (geofence events from a table's stream) and a command.
//   - [github.com/askaround/askaround-go/askaround] is the domain of Ask Around Me:
//     questions asked at a place, answered by the people around it, summed up as
//     the answers change.
//   - [github.com/askaround/askaround-go/askaround/topic] holds the MQTT topics:
//     typed, parsed, matched, routed. Standard library only.
//   - [github.com/askaround/askaround-go/askaround/httpapi] serves the domain over
//     HTTP, behind tokens of any OpenID Connect issuer.
//   - [github.com/askaround/askaround-go/api/askaround] is the HTTP contract: an
//     OpenAPI 3.1 document, and the models, server and client generated from it. The
//     topics' contract is api/asyncapi.yaml; firmware/include has its header for devices.
//
// # Reference application
//
// The command in examples/askaround runs all of it in one process, with no account and
// no network: "go run ./examples/askaround". Its stores speak the wire protocols
// of DynamoDB, DynamoDB Streams and SQS, so that the very same code runs on AWS.
//
// # Rules that hold everywhere
//
// Coordinates are degrees of WGS 84, distances metres, times UTC. Constructors do
// no I/O and take required things as parameters; options have documented zero
// values. Errors are compared with errors.Is and errors.As. Types that are safe
// for concurrent use say so.
package sdk
