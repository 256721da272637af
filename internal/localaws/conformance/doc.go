// Package conformance holds the tests that compare the local DynamoDB with others: the
// project's own suite of operations, a differential run of random operations, races,
// and Amazon's clients for the command line and for Python. It has no code of its own.
//
// The suite knows an engine by its endpoint alone. It runs against the engine in the
// process, against the same over HTTP, and against two peers: dynoxide, and Amazon's
// DynamoDB Local. Where a peer disagrees the case says why, and which page of AWS's
// documentation decides: an exception that is not needed any more fails the test.
//
// The peers come from npm: "npm ci --ignore-scripts" in the folder peers. DynamoDB
// Local listens on every address, so it runs in a network namespace of its own, which
// takes Linux and root.
package conformance
