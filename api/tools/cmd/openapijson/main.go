// Command openapijson writes an OpenAPI document that people edit as YAML as the
// JSON that programs embed, so that no program needs a YAML parser at run time.
//
//	go run ./cmd/openapijson openapi.yaml openapi.gen.json
//
// Members are sorted and the output is compact: equal documents give equal bytes.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: openapijson in.yaml out.json")
		os.Exit(2)
	}
	if err := convert(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "openapijson:", err)
		os.Exit(1)
	}
}

func convert(in, out string) error {
	source, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var document map[string]any
	if err := yaml.Unmarshal(source, &document); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}
