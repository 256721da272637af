package api

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// callers are programs of somebody else's module, each with the import of one client.
var callers = map[string]string{
	"askaround": `for q, err := range client.Questions(context.Background(), askaround.ListQuestionsParams{Lat: 40.7, Lng: -74}) { fmt.Println(q.Text, err) }`,
	"robot":     `fmt.Println(client.PublishAction(context.Background(), robot.ActionStop))`,
	"device":    `fmt.Println(client.PublishMessage(context.Background(), device.Print("Hello printer!")))`,
}

const callerProgram = `package main

import (
	"context"
	"fmt"

	"github.com/askaround/askaround-go/api/NAME"
)

func main() {
	client, err := NAME.New("https://server.example", NAME.WithToken("a token"))
	if err != nil {
		panic(err)
	}
	CALL
}
`

const callerModule = `module caller.example

go 1.26

require github.com/askaround/askaround-go v0.0.0

replace github.com/askaround/askaround-go => `

// TestFromAnotherModule compiles programs that import nothing but a client, in a module of
// their own, and lists the modules whose packages they pull in: three.
func TestFromAnotherModule(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles programs")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", callerModule+root+"\n")
	write("go.sum", string(sums))
	for name, call := range callers {
		write(name+"/main.go", strings.NewReplacer("NAME", name, "CALL", call).Replace(callerProgram))
	}
	goInModule(t, dir, "vet", "./...") // compiles them, without linking
	for name := range callers {
		out := goInModule(t, dir, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./"+name)
		got := slices.Compact(slices.Sorted(slices.Values(strings.Fields(out))))
		want := []string{
			"caller.example",
			"github.com/apapsch/go-jsonmerge/v2",
			"github.com/askaround/askaround-go",
			"github.com/google/uuid",
			"github.com/oapi-codegen/runtime",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s pulls in %q, want %q", name, got, want)
		}
	}
}

// goInModule runs the go command with what is in the module cache, and nothing else.
func goInModule(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var errs strings.Builder
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, &errs)
	}
	return string(out)
}
