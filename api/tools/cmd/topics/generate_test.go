package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

const root = "../../../.."

// TestGeneratedFilesAreCommitted fails where a file is not what the document makes.
func TestGeneratedFilesAreCommitted(t *testing.T) {
	files, err := generate(theModel(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		committed, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.path)))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(committed, f.body) {
			t.Errorf("%s is not what api/asyncapi.yaml makes: run go generate ./askaround/topic", f.path)
		}
	}
}

// TestAddingAChannelTouchesOneSource adds a channel to a copy of the document, generates
// into an empty directory, and wants every output to know it: nothing else need be edited.
func TestAddingAChannelTouchesOneSource(t *testing.T) {
	document := readFile(t, "../../../asyncapi.yaml")
	document = add(t, document, "\noperations:\n", `
  deviceDoor:
    address: askaround/v1/device/{thing}/door
    description: Whether a door is open.
    parameters:
      thing: {$ref: '#/components/parameters/thing'}
    messages:
      telemetry: {$ref: '#/components/messages/telemetry'}
    x-max-payload: 128
    x-rule: device_door
`)
	document = add(t, document, "\ncomponents:\n", `
  sendDeviceDoor:
    action: send
    channel: {$ref: '#/channels/deviceDoor'}
    bindings: {$ref: '#/components/operationBindings/retained'}
    x-roles:
      device: {topics: own}
  receiveDeviceDoor:
    action: receive
    channel: {$ref: '#/channels/deviceDoor'}
    bindings: {$ref: '#/components/operationBindings/atLeastOnce'}
    x-roles:
      operator: {topics: all}
`)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "api/asyncapi.yaml"), document)
	copyOpenAPI(t, filepath.Join(dir, "api"))
	if err := run(filepath.Join(dir, "api/asyncapi.yaml"), dir); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"askaround/topic/topic_types.gen.go":  `func NewDeviceDoor(thing string) (DeviceDoor, error)`,
		"askaround/topic/topic_parse.gen.go":  `filter:     "askaround/v1/device/+/door"`,
		"api/ts/topics.gen.ts":                `export function deviceDoor(thing: Value<"thing">): Topic<"deviceDoor">`,
		"api/policies/device.json":            `"arn:aws:iot:*:*:topic/askaround/v1/device/${iot:Connection.Thing.ThingName}/door"`,
		"api/policies/operator.json":          `"arn:aws:iot:*:*:topicfilter/askaround/v1/device/*/door"`,
		"api/mosquitto/device.acl":            "pattern write askaround/v1/device/%u/door\n",
		"api/mosquitto/operator.acl":          "pattern read askaround/v1/device/+/door\n",
		"firmware/include/askaround_topics.h": "class DeviceDoor",
		"api/rules/device_door.sql":           "SELECT *, topic(4) AS thing FROM 'askaround/v1/device/+/door'\n",
		"docs/topics.md":                      "| deviceDoor | `askaround/v1/device/{thing}/door` | device (own) | operator | 1 | yes | ≤ 128 |",
	} {
		if !strings.Contains(readFile(t, filepath.Join(dir, path)), want) {
			t.Errorf("%s does not hold %s", path, want)
		}
	}
	if strings.Contains(readFile(t, filepath.Join(dir, "api/policies/user.json")), "door") {
		t.Error("the policy of users knows of doors")
	}
}

// TestWhatIsNoLongerMadeGoes: a rule that the document drops leaves no file behind.
func TestWhatIsNoLongerMadeGoes(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "api/rules/stale.sql")
	writeFile(t, stale, "SELECT 1")
	if err := run("../../../asyncapi.yaml", dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", stale, err)
	}
}

// TestRefusedByGenerators: documents without fault that no policy can express.
func TestRefusedByGenerators(t *testing.T) {
	for _, test := range []struct{ reason, old, new, want string }{
		{
			"a glob that reaches into another channel",
			"askaround/v1/edge/{thing}/{model}/inference", "askaround/v1/inference/{thing}/{model}",
			`asyncapi.yaml:95: #/channels/legacyRobotAction: what lets role service publish to it, */action, lets it publish to askaround/v1/inference/-/action of channel edgeInference as well`,
		},
		{
			"each of a parameter whose length varies",
			"service: {topics: all}\n      operator: {topics: all}\n  sendLegacy", "service: {topics: each, filters: 8}\n  sendLegacy",
			`asyncapi.yaml:86: #/channels/robotTelemetry: role service may receive each topic, but robot has no fixed length: no policy can keep wildcards out`,
		},
		{
			"a policy that is too large",
			"askaround/v1/", strings.Repeat("x", 44) + "/v1/",
			`asyncapi.yaml:29: #/x-roles/service: the policy of role service has`,
		},
	} {
		document := strings.ReplaceAll(readFile(t, "../../../asyncapi.yaml"), test.old, test.new)
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "asyncapi.yaml"), document)
		copyOpenAPI(t, dir)
		model, err := asyncapi.Read(os.DirFS(dir), "asyncapi.yaml")
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
			continue
		}
		if _, err = generate(model); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s:\n got %v\nwant %s", test.reason, err, test.want)
		}
	}
}

// copyOpenAPI copies the documents whose schemas the AsyncAPI document shares.
func copyOpenAPI(t testing.TB, api string) {
	t.Helper()
	documents, err := filepath.Glob("../../../*/openapi.yaml")
	if err != nil || len(documents) == 0 {
		t.Fatalf("no OpenAPI document: %v", err)
	}
	for _, from := range documents {
		name := filepath.Base(filepath.Dir(from))
		writeFile(t, filepath.Join(api, name, "openapi.yaml"), readFile(t, from))
	}
}

// add inserts text before a section.
func add(t testing.TB, document, section, text string) string {
	t.Helper()
	if strings.Count(document, section) != 1 {
		t.Fatalf("section %q stands %d times", section, strings.Count(document, section))
	}
	return strings.Replace(document, section, text+section, 1)
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := write(path, []byte(text)); err != nil {
		t.Fatal(err)
	}
}
