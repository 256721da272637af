package device

import _ "embed"

//go:generate go tool -modfile=../tools/go.mod oapi-codegen -config cfg.yaml openapi.yaml
//go:generate go tool -modfile=../tools/go.mod oapi-codegen -config cfg-server.yaml openapi.yaml
//go:generate go run -C ../tools ./cmd/openapijson ../device/openapi.yaml ../device/openapi.gen.json

//go:embed openapi.gen.json
var document string

// Document returns the OpenAPI 3.1 document of this API, as JSON. It is what
// the server validates by, and what a server may publish.
func Document() []byte { return []byte(document) }
