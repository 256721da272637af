package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

func TestCppRefusesNames(t *testing.T) {
	for _, test := range []struct{ reason, parameter, channel, says string }{
		{"names of its own", "robot", "robotAction", ""},
		{"a keyword", "register", "robotAction", "parameter register"},
		{"a macro of Arduino.h", "bit", "robotAction", "parameter bit"},
		{"a member that every channel has", "parse", "robotAction", "parameter parse"},
		{"a type of the header", "robot", "kind", "channel kind"},
		{"the type of a parameter", "robot", "robotName", "channel robotName"},
	} {
		p := &asyncapi.Parameter{Name: test.parameter}
		model := &asyncapi.Model{Parameters: []*asyncapi.Parameter{p}, Channels: []*asyncapi.Channel{{Name: test.channel}}}
		err := checkCppNames(model)
		if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.reason, err, test.says)
		}
	}
}

func TestCppTypeOfParameter(t *testing.T) {
	model := &asyncapi.Model{Channels: []*asyncapi.Channel{{Name: "question"}, {Name: "robotAction"}}}
	for name, want := range map[string]string{"question": "QuestionId", "robot": "RobotName"} {
		if got := cppType(model, &asyncapi.Parameter{Name: name}); got != want {
			t.Errorf("parameter %s: %s, want %s", name, got, want)
		}
	}
}

func TestCppRuns(t *testing.T) {
	pattern, err := asyncapi.ParsePattern("^[0-9ab]x{2}[a-c_]{1,8}$")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"detail::Run<1, 1, '0', '9', 'a', 'b'>",
		"detail::Run<2, 2, 'x', 'x'>",
		"detail::Run<1, 8, '_', '_', 'a', 'c'>",
	}
	if got := cppRuns(&asyncapi.Parameter{Pattern: pattern}); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
