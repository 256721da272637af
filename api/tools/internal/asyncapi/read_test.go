package asyncapi

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// sound is a small document without fault, which faulty ones are made from.
const sound = `asyncapi: 3.1.0
info: {title: Test, version: 1.0.0}
x-roles:
  service: {description: The backend.}
  device: {description: A device., identity: thing}
channels:
  command:
    address: t/v1/{thing}/command
    description: What to do.
    parameters:
      thing: {$ref: '#/components/parameters/thing'}
    messages:
      command: {$ref: '#/components/messages/command'}
    x-max-payload: 1024
  place:
    address: t/v1/place/{cell}
    description: What is where.
    parameters:
      cell: {$ref: '#/components/parameters/cell'}
    messages:
      command: {$ref: '#/components/messages/command'}
    x-max-payload: 1024
    x-rule: places
operations:
  sendCommand:
    action: send
    channel: {$ref: '#/channels/command'}
    bindings: {mqtt: {qos: 1, retain: true}}
    x-roles:
      service: {topics: all}
  receiveCommand:
    action: receive
    channel: {$ref: '#/channels/command'}
    bindings: {mqtt: {qos: 1}}
    x-roles:
      device: {topics: own}
  sendPlace:
    action: send
    channel: {$ref: '#/channels/place'}
    bindings: {mqtt: {qos: 0}}
    x-roles:
      device: {topics: all}
  receivePlace:
    action: receive
    channel: {$ref: '#/channels/place'}
    bindings: {mqtt: {qos: 0}}
    x-roles:
      service: {topics: each, filters: 8}
components:
  parameters:
    thing: {description: a thing, x-pattern: '^[a-z]{1,10}$', x-max-length: 10, x-identity: thing, examples: [abc]}
    cell: {description: a cell, x-pattern: '^[0-9a-f]{6}$', x-max-length: 6, examples: [89c25b]}
  messages:
    command: {payload: {$ref: './api.yaml#/components/schemas/Command'}}
`

func read(document string) (*Model, error) {
	return Read(fstest.MapFS{
		"topics.yaml": {Data: []byte(document)},
		"api.yaml":    {Data: []byte("components: {schemas: {Command: {type: object}}}")},
		"empty.yaml":  {Data: nil},
		"faulty.yaml": {Data: []byte("a: [")},
	}, "topics.yaml")
}

func TestSoundDocument(t *testing.T) {
	model, err := read(sound)
	if err != nil {
		t.Fatal(err)
	}
	command, place := model.Channels[0], model.Channels[1]
	service, device := model.Roles[0], model.Roles[1]
	switch {
	case model.Title != "Test" || model.Version != "1.0.0",
		command.Filter() != "t/v1/+/command" || command.MaxBytes() != 23 || command.MaxPayload != 1024,
		!command.Send.Retain || command.Send.QoS != 1 || place.Send.QoS != 0 || place.Send.Retain,
		command.Send.Grant(service).Scope != All || command.Send.Grant(device) != nil,
		command.Receive.Grant(device).Scope != Own || command.Receive.Grant(device).Filters != 1,
		place.Receive.Grant(service).Filters != 8 || place.Receive.Grant(service).Subscribes != 1,
		place.Rule != "places" || place.Place != Place{"topics.yaml", 15, "/channels/place"},
		command.Messages[0] != Message{"command", "./api.yaml#/components/schemas/Command"},
		command.Parameters()[0].Identity != "thing" || command.Parameters()[0].Example != "abc":
		t.Errorf("read as %+v", model)
	}
	values, ok := command.Match("t/v1/abc/command")
	if !ok || values[command.Parameters()[0]] != "abc" {
		t.Errorf("matched %v, %t", values, ok)
	}
}

// TestFaultyDocuments changes one thing in the sound document and wants exactly the error
// that names its place and the reason.
func TestFaultyDocuments(t *testing.T) {
	for _, test := range faults {
		document := strings.Replace(sound, test.old, test.new, 1)
		if document == sound {
			t.Errorf("%s: the document does not hold %q", test.reason, test.old)
			continue
		}
		_, err := read(document)
		if err == nil {
			t.Errorf("%s: no error", test.reason)
		} else if got := err.Error(); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.reason, got, test.want)
		}
	}
	if len(faults) < 25 {
		t.Errorf("only %d faulty documents", len(faults))
	}
}

func TestEveryFaultIsReported(t *testing.T) {
	document := strings.NewReplacer("qos: 1", "qos: 2", "[a-z]{1,10}", "[a-z]+", "topics: each", "topics: some").Replace(sound)
	_, err := read(document)
	var lines []string
	for line := range strings.Lines(err.Error()) {
		lines = append(lines, line[:strings.Index(line, ": #")])
	}
	want := "topics.yaml:28 topics.yaml:34 topics.yaml:48 topics.yaml:51"
	if got := strings.Join(lines, " "); got != want {
		t.Errorf("faults at %s, want %s", got, want)
	}
	var one *Error
	if !errors.As(err, &one) || one.Line != 28 || one.Pointer != "/operations/sendCommand/bindings/mqtt/qos" {
		t.Errorf("first fault %+v", one)
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Read(fstest.MapFS{}, "topics.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sound)
	for _, test := range faults {
		f.Add(strings.Replace(sound, test.old, test.new, 1))
	}
	f.Fuzz(func(t *testing.T, document string) {
		if model, err := read(document); (model == nil) == (err == nil) {
			t.Fatalf("model %v, error %v", model, err)
		}
	})
}
