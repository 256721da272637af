// Package web is the page of Ask Around Me: HTML, a style sheet and one module of
// JavaScript, embedded in the program.
//
//	mux.Handle("GET /{$}", web.Handler())
//	mux.Handle("GET /assets/", web.Handler())
//
// The page is served beside the API ("questions", "live", "operations", relative to
// the page) and, by default, an issuer at "dev/token". It asks for nothing else: its
// Content-Security-Policy forbids what is not from its own origin, except WebSockets,
// whose addresses GET /live names.
//
// Its source is TypeScript of our own under src, without a framework; dist is what
// esbuild makes of it, and is committed, so that building the program needs no Node:
//
//	go generate ./examples/askaround/web
//
//	src/mqtt   MQTT 3.1.1 over WebSocket, for listening
//	src/geo    distances, a map projection, S2 cells from their tokens
//	src/model  what the API and the topics say, and the store that merges it by version
//	src/net    token, the client of the contract (api/ts), the connection that comes back,
//	           "subscribe, then read"
//	src/ui     what is seen
package web
