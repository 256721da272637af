package topic_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// misuses are bodies of programs that the compiler must refuse, each with a part of what
// it says.
var misuses = []struct{ reason, body, want string }{
	{"a string is no topic", `publish("askaround/v1/system")`, "cannot use"},
	{"a string is no filter", `subscribe("askaround/v1/geo/+")`, "cannot use"},
	{"a string does not become a topic", `publish(topic.System("askaround/v1/system"))`, "cannot convert"},
	{"a topic has no fields to fill in", `publish(topic.Geo{"89c25b"})`, "implicit assignment to unexported field"},
	{"nor by name", `publish(topic.Geo{cell: "89c25b"})`, "cannot refer to unexported field"},
	{"nor afterwards", `t, _ := topic.NewGeo("89c25b"); t.cell = "89c25d"`, "undefined"},
	{"an error must be looked at", `publish(topic.NewGeo("89c25b"))`, "too many"},
	{"a place is no question", `var t topic.Question; t, _ = topic.NewGeo("89c25b"); publish(t)`, "cannot use"},
	{"an action is not telemetry", `act, _ := topic.NewRobotAction("r2"); var say topic.RobotTelemetry = act; publish(say)`, "cannot use"},
	{"the first application's action is another channel", `act, _ := topic.NewLegacyRobotAction("r2"); var now topic.RobotAction = act; publish(now)`, "cannot use"},
	{"topics of two channels are never equal", `var a topic.Geo; var b topic.Question; _ = a == b`, "mismatched types"},
	{"a robot has a name", `topic.NewRobotAction()`, "not enough arguments"},
	{"a model runs on a thing", `topic.NewEdgeInference("cats")`, "not enough arguments"},
	{"a name is text", `topic.NewDeviceCommand(7)`, "cannot use 7"},
	{"the system's topic has no parameter", `topic.NewSystem("x")`, "undefined: topic.NewSystem"},
	{"a question has an id, no cell", `var t topic.Question; _ = t.Cell()`, "t.Cell undefined"},
	{"a topic of one's own is none", `publish(mine{})`, "missing method identity"},
	{"a filter is no topic", `f, _ := topic.ParseFilter("#"); publish(f)`, "missing method Channel"},
	{"a filter is not built", `subscribe(topic.Filter{"#"})`, "unexported field"},
	{"a channel is not built", `_ = topic.Channel{"geo"}`, "unexported field"},
	{"a channel is no topic", `for c := range topic.Channels() { publish(c) }`, "cannot use c"},
	{"roles are not texts", `var role string = topic.RoleUser; _ = role`, "cannot use topic.RoleUser"},
	{"a channel that is not declared", `topic.NewDeviceDoor("x")`, "undefined: topic.NewDeviceDoor"},
}

const misuseProgram = `package main

import "github.com/askaround/askaround-go/askaround/topic"

func publish(topic.Topic)    {}
func subscribe(topic.Filter) {}

type mine struct{}

func (mine) String() string         { return "mine" }
func (mine) Filter() topic.Filter   { return topic.Filter{} }
func (mine) Channel() topic.Channel { return topic.Channel{} }

func main() {
	publish(topic.System{})
	subscribe(topic.System{}.Filter())
	%s
}
`

// TestMisuse compiles every program of the corpus with the Go compiler, and one that is
// right.
func TestMisuse(t *testing.T) {
	dir := t.TempDir()
	overlay := map[string]string{}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	program := func(name, body string) {
		path := filepath.Join(dir, name+".go")
		if err := os.WriteFile(path, []byte(fmt.Sprintf(misuseProgram, body)), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(here, "misuse", name, "main.go")] = path
	}
	for i, m := range misuses {
		program(fmt.Sprintf("m%02d", i), m.body)
	}
	program("control", `act, err := topic.NewRobotAction("r2"); if err == nil { publish(act); subscribe(act.Channel().Filter()) }`)
	list, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	build := func(what string) ([]byte, error) {
		return exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", t.TempDir(), what).CombinedOutput()
	}
	if out, err := build("./misuse/control"); err != nil {
		t.Fatalf("the program that is right: %v\n%s", err, out)
	}
	out, err := build("./misuse/...")
	if err == nil {
		t.Fatal("everything compiles")
	}
	said := map[string]string{}
	for part := range strings.SplitSeq(string(out), "# ") {
		name, errors, _ := strings.Cut(part, "\n")
		said[filepath.Base(name)] = errors
	}
	for i, m := range misuses {
		if got := said[fmt.Sprintf("m%02d", i)]; !strings.Contains(got, m.want) {
			t.Errorf("%s: the compiler says %q, want %q", m.reason, got, m.want)
		}
	}
}
