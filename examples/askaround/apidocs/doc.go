// Package apidocs serves the documentation of the HTTP APIs to browsers: Swagger UI, from
// the program itself, with the OpenAPI documents of the three contracts. Nothing is loaded
// from elsewhere. "Try it out" sends real requests to the running servers; where the issuer
// of development tokens runs, the page fetches one for the user "demo" by itself.
package apidocs
