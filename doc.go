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
//   - [github.com/askaround/askaround-go/askaround/watch] keeps a live view around a
//     moving position; [github.com/askaround/askaround-go/askaround/cost] says what it costs.
//   - [github.com/askaround/askaround-go/api/askaround] is the HTTP contract: an
//     OpenAPI 3.1 document, the models and the server's interface generated from it, and a
//     client. Beside it api/robot, api/device and, in TypeScript, api/ts. The
//     topics' contract is api/asyncapi.yaml; firmware/include has its header for devices.
//   - [github.com/askaround/askaround-go/iotauth] signs, verifies and carries the tokens of
//     AWS IoT custom authorizers and runs the authorizer itself. Standard library only.
//   - [github.com/askaround/askaround-go/iotauth/policy] evaluates, explains, lints, derives
//     and proves AWS IoT policies. Standard library only.
//   - [github.com/askaround/askaround-go/iotauth/gateway] is the AWS IoT gateway in process, for
//     unmodified devices; registry, rules and local beside it make an account of it.
//   - [github.com/askaround/askaround-go/credprovider] exchanges a device's certificate for
//     temporary AWS credentials; the command iotcreds gives them to other programs.
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
