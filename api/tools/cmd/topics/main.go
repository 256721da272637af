// Command topics writes everything that is generated from the AsyncAPI document.
//
//	go run ./cmd/topics ../asyncapi.yaml ../..
//
// The arguments are the document and the root of the repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// A file is one output: its path below the root of the repository, with slashes.
type file struct {
	path string
	body []byte
}

// An emitter makes the files of one kind. An error means that the model, though without
// fault, cannot be expressed in the emitter's language.
type emitter func(*asyncapi.Model) ([]file, error)

var emitters = []emitter{goTopics, typeScript, policies, topicModels, acls, rules, docs, cppHeader}

// generated are the directories that hold nothing else: what no emitter makes any more
// goes from there.
var generated = []string{"api/policies", "api/mosquitto", "api/rules"}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: topics asyncapi.yaml root")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(source, root string) error {
	model, err := asyncapi.Read(os.DirFS(filepath.Dir(source)), filepath.Base(source))
	if err != nil {
		return err
	}
	files, err := generate(model)
	if err != nil {
		return err
	}
	for _, dir := range generated {
		if err := os.RemoveAll(filepath.Join(root, filepath.FromSlash(dir))); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := write(filepath.Join(root, filepath.FromSlash(f.path)), f.body); err != nil {
			return err
		}
	}
	return nil
}

// generate runs all emitters and writes nothing.
func generate(model *asyncapi.Model) ([]file, error) {
	var all []file
	for _, emit := range emitters {
		files, err := emit(model)
		if err != nil {
			return nil, err
		}
		all = append(all, files...)
	}
	return all, nil
}

func write(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, body, 0o644)
}
