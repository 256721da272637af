package api

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/api/device"
	"github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/internal/foreign"
)

// contracts are the HTTP contracts, by their directories.
var contracts = map[string]func() []byte{"askaround": askaround.Document, "robot": robot.Document, "device": device.Document}

// TestGeneratedFilesAreCurrent generates once more, elsewhere, and compares.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("compiles the generator: ASKAROUND_SLOW=1 runs it")
	}
	for name := range contracts {
		generated := generate(t, name, filepath.Join(name, "openapi.yaml"))
		for file, text := range generated {
			committed, err := os.ReadFile(filepath.Join(name, file))
			if err != nil {
				t.Fatal(err)
			}
			if string(committed) != text {
				t.Errorf("%s/%s is not what its source generates: run go generate", name, file)
			}
		}
	}
}

// generate returns what the contract in the directory name generates from spec, by file.
func generate(t *testing.T, name, spec string) map[string]string {
	t.Helper()
	spec, err := filepath.Abs(spec)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for config, output := range map[string]string{"cfg.yaml": "client.gen.go", "cfg-server.yaml": "server.gen.go"} {
		redirected := filepath.Join(dir, config)
		text, err := os.ReadFile(filepath.Join(name, config))
		if err != nil {
			t.Fatal(err)
		}
		// What a configuration says wins over the flag, and is relative to the contract.
		changed := strings.NewReplacer("output: "+output, "output: "+filepath.Join(dir, output), "../tools/", "tools/").Replace(string(text))
		if err := os.WriteFile(redirected, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "go", "tool", "-modfile=tools/go.mod", "oapi-codegen", "-config", redirected, spec)
	}
	run(t, "go", "run", "-C", "tools", "./cmd/openapijson", spec, filepath.Join(dir, "openapi.gen.json"))
	files := make(map[string]string)
	for _, file := range []string{"client.gen.go", "server.gen.go", "openapi.gen.json"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		files[file] = string(text)
	}
	return files
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
}

// TestComponentNames: a name in two sections of the components makes code that does not
// compile, or a type that is another one's.
func TestComponentNames(t *testing.T) {
	for name, document := range contracts {
		var d struct{ Components map[string]map[string]any }
		if err := json.Unmarshal(document(), &d); err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]string)
		for _, section := range slices.Sorted(maps.Keys(d.Components)) {
			for component := range d.Components[section] {
				key := strings.ToLower(component)
				if other, taken := seen[key]; taken {
					t.Errorf("%s: %s is in %s and in %s", name, component, other, section)
				}
				seen[key] = section
			}
		}
	}
}

// TestAddingAnOperation adds one to the robot's contract: the generated files change, the
// package of the contract builds, and all that is missing is its handler.
func TestAddingAnOperation(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("compiles the generator: ASKAROUND_SLOW=1 runs it")
	}
	spec := edited(t, "robot/openapi.yaml", [2]string{"  /telemetry:\n", `  /battery:
    get:
      operationId: getBattery
      tags: [watch]
      summary: Read how much is left
      description: Returns what the robot said last of its battery.
      responses:
        '200':
          description: What is left.
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/TelemetryValues'
        '401': {$ref: '#/components/responses/Unauthorized'}
  /telemetry:
`})
	overlay := make(map[string]string)
	for file, text := range generate(t, "robot", spec) {
		written := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(written, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		committed, err := filepath.Abs(filepath.Join("robot", file))
		if err != nil {
			t.Fatal(err)
		}
		overlay[committed] = written
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "go", "build", "-overlay", file, "./robot")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "../internal/robotapi").CombinedOutput()
	if err == nil || !strings.Contains(string(output), "missing method GetBattery") {
		t.Errorf("without a handler: %v\n%s", err, output)
	}
}

// edited writes a copy of a specification with changes, each of which must be possible, and
// returns its name.
func edited(t *testing.T, spec string, changes ...[2]string) string {
	t.Helper()
	text, err := os.ReadFile(spec)
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	for _, c := range changes {
		if !strings.Contains(s, c[0]) {
			t.Fatalf("%s has no %q", spec, c[0])
		}
		s = strings.Replace(s, c[0], c[1], 1)
	}
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// lint runs spectral with the project's rules and returns what it says.
func lint(t *testing.T, specs ...string) (string, error) {
	t.Helper()
	node := foreign.NeedNode(t, ".")
	program := foreign.NeedPackage(t, ".", "@stoplight/spectral-cli/dist/index.js")
	arguments := append([]string{program, "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint"}, specs...)
	output, err := exec.CommandContext(t.Context(), node, arguments...).CombinedOutput()
	return string(output), err
}

// TestLint lints the contracts, and a copy with a fault for each of the project's rules.
func TestLint(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("takes spectral ten seconds; ASKAROUND_SLOW=1 runs it")
	}
	var specs []string
	for name := range contracts {
		specs = append(specs, filepath.Join(name, "openapi.yaml"))
	}
	if output, err := lint(t, specs...); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	bad := edited(t, "robot/openapi.yaml",
		[2]string{"        '400': {$ref: '#/components/responses/BadRequest'}\n", ""},
		[2]string{"        '413': {$ref: '#/components/responses/ContentTooLarge'}\n", ""},
		[2]string{"      content:\n        application/problem+json:", "      content:\n        application/json:"},
		[2]string{"        publishedAt: {type", "        published_at: {type"},
		[2]string{"      description: An action to carry out.\n      additionalProperties: false\n", "      description: An action to carry out.\n"},
		[2]string{"    Conflict:\n", "    Problem:\n      description: A namesake.\n    Conflict:\n"},
		[2]string{"      description: Returns the action that was", "      x-description: Returns the action that was"},
		[2]string{"  /state:", "  /state/:"},
	)
	output, err := lint(t, bad)
	if err == nil {
		t.Error("faults are not found")
	}
	for _, rule := range []string{
		"every-operation-may-refuse", "bodies-may-be-refused", "errors-are-problems", "member-names-in-camel-case",
		"closed-objects", "response-names", "operation-description", "path-keys-no-trailing-slash",
	} {
		if !strings.Contains(output, rule) {
			t.Errorf("the rule %s finds nothing in\n%s", rule, output)
		}
	}
}

// breaking is a change of the application's contract that breaks a client, and what
// oasdiff calls it.
type breaking struct {
	why     string
	changes [][2]string
	rule    string
}

var breakings = []breaking{
	{"a path is gone", [][2]string{{"  /watches:\n", "  /watching:\n"}}, "api-path-removed"},
	{"a method is gone", [][2]string{{"    delete:\n      operationId: unwatchQuestion", "    patch:\n      operationId: unwatchQuestion"}}, "api-removed"},
	{"a member is required", [][2]string{{"required: [text, kind, location]\n      properties:\n        text:\n          type: string\n          description: The question, 1", "required: [text, kind, location, language]\n      properties:\n        language: {type: string, description: x}\n        text:\n          type: string\n          description: The question, 1"}}, "new-required-request-property"},
	{"a member is not known any more", [][2]string{{"        stars: {type: number, format: double, minimum: 0, maximum: 5, multipleOf: 0.5, description: 'The rating, 0 to 5 in half steps.'}\n        location: {$ref: '#/components/schemas/LatLng'}\n    Answer:", "        location: {$ref: '#/components/schemas/LatLng'}\n    Answer:"}}, "request-property-removed"},
	{"a text is shorter", [][2]string{{"          minLength: 1\n          maxLength: 100\n", "          minLength: 1\n          maxLength: 50\n"}}, "request-property-max-length-decreased"},
	{"a maximum is lower", [][2]string{{"maximum: 80467.2", "maximum: 1000"}}, "request-parameter-max-decreased"},
	{"a parameter is required", [][2]string{{"        - name: radius\n          in: query\n", "        - name: radius\n          in: query\n          required: true\n"}}, "request-parameter-became-required"},
	{"a parameter is gone", [][2]string{{"        - name: order\n", "        - name: sort\n"}}, "request-parameter-removed"},
	{"another pattern", [][2]string{{"pattern: '^[0-9a-f]{16}-[0-9a-v]{26}$'", "pattern: '^[0-9a-f]{16}$'"}}, "pattern-changed"},
	{"another default", [][2]string{{"maximum: 100, default: 20", "maximum: 100"}}, "request-parameter-default-value-removed"},
	{"a kind of question is gone", [][2]string{{"enum: [star, geo]", "enum: [star]"}}, "enum-value-removed"},
	{"an optional member of a response is gone", [][2]string{{"        distance: {type", "        x: {type"}}, "response-optional-property-removed"},
	{"a member of a response may be absent", [][2]string{{"required: [id, text, kind, location, radius, state, createdAt, expiresAt, summary]", "required: [id, text, kind, location, radius, state, createdAt, expiresAt]"}}, "response-property-became-optional"},
	{"another type", [][2]string{{"        createdAt: {type: string, format: date-time, description: 'When it was accepted.'}", "        createdAt: {type: integer, description: 'When it was accepted.'}"}}, "response-property-type-changed"},
	{"no Link", [][2]string{{"            Link: {$ref: '#/components/headers/Link'}\n", ""}}, "optional-response-header-removed"},
	{"another name for an operation", [][2]string{{"operationId: askQuestion", "operationId: createQuestion"}}, "api-operation-id-removed"},
	{"200 for 202", [][2]string{{"        '202': {$ref: '#/components/responses/Accepted'}", "        '200': {$ref: '#/components/responses/Accepted'}"}}, "response-success-status-removed"},
}

// harmless are changes that break nobody.
var harmless = [][][2]string{
	{{"  /watches:\n", "  /ping:\n    get:\n      operationId: ping\n      description: x\n      responses:\n        '204': {description: x}\n  /watches:\n"}},
	{{"maximum: 80467.2", "maximum: 90000"}},
	{{"        distance: {type", "        language: {type: string, description: x}\n        distance: {type"}},
	{{"        - urn:problem-type:askaround:unavailable\n", "        - urn:problem-type:askaround:unavailable\n        - urn:problem-type:askaround:tired\n"}},
	{{"      summary: Ask a question at a place", "      summary: Ask a question somewhere"}},
}

// TestBreakingChanges compares the contracts with those of the last release, and sees planted
// changes refused.
func TestBreakingChanges(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("compiles oasdiff; ASKAROUND_SLOW=1 runs it")
	}
	where, err := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools/oasdiff/go.mod", "-n", "oasdiff").Output()
	if err != nil {
		t.Fatal(err)
	}
	compare := func(before, after string) (string, error) {
		output, err := exec.CommandContext(t.Context(), strings.TrimSpace(string(where)), "breaking", "--severity-levels", "breaking.txt",
			"--fail-on", "ERR", "--format", "singleline", before, after).CombinedOutput()
		return string(output), err
	}
	for name := range contracts {
		if output, err := compare(filepath.Join(name, "released.yaml"), filepath.Join(name, "openapi.yaml")); err != nil {
			t.Errorf("%s breaks clients of the last release: %v\n%s", name, err, output)
		}
	}
	for _, b := range breakings {
		output, err := compare("askaround/openapi.yaml", edited(t, "askaround/openapi.yaml", b.changes...))
		if err == nil || !strings.Contains(output, b.rule) {
			t.Errorf("%s: not refused as %s: %v\n%s", b.why, b.rule, err, output)
		}
	}
	for i, changes := range harmless {
		if output, err := compare("askaround/openapi.yaml", edited(t, "askaround/openapi.yaml", changes...)); err != nil {
			t.Errorf("harmless change %d is refused: %v\n%s", i, err, output)
		}
	}
	t.Logf("%d breaking changes refused, %d harmless ones let through", len(breakings), len(harmless))
}
