package topic

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	someCell     = "89c25b"
	someQuestion = "89c25a31cf0e2b4d-0123456789abcdefghijklmnop"
	someAccount  = "0123456789abcdefghijklmnop"
)

// exportAll lets go-cmp look into every type of topic.
var exportAll = cmp.Exporter(func(t reflect.Type) bool { return t.Implements(reflect.TypeFor[Topic]()) })

func TestParse(t *testing.T) {
	geo, _ := NewGeo(someCell)
	question, _ := NewQuestion(someQuestion)
	account, _ := NewAccount(someAccount)
	for _, test := range []struct {
		reason, name string
		want         Topic
		err          error
	}{
		{"a geo topic", "askaround/v1/geo/89c25b", geo, nil},
		{"a question topic", "askaround/v1/question/" + someQuestion, question, nil},
		{"an account topic", "askaround/v1/account/" + someAccount, account, nil},
		{"the system topic", "askaround/v1/system", System{}, nil},
		{"a robot's action", "askaround/v1/robot/r2-d2/action", RobotAction{"r2-d2"}, nil},
		{"a robot of the first application", "RobotName/action", LegacyRobotAction{"RobotName"}, nil},
		{"a robot of the longest name", strings.Repeat("r", 128) + "/telemetry", LegacyRobotTelemetry{strings.Repeat("r", 128)}, nil},
		{"the topic that devices share", "esp32/pub", Esp32Pub{}, nil},
		{"a thing with a colon", "askaround/v1/device/site:printer_1/command", DeviceCommand{"site:printer_1"}, nil},
		{"two parameters", "askaround/v1/edge/cam-1/cats/inference", EdgeInference{"cam-1", "cats"}, nil},
		{"by Basic Ingest a topic is none of ours", "$aws/rules/r/esp32/pub", nil, ErrUnknown},
		{"nothing", "", nil, ErrSyntax},
		{"a wildcard is no name", "askaround/v1/geo/+", nil, ErrSyntax},
		{"a NUL", "askaround/v1/sys\x00tem", nil, ErrSyntax},
		{"not UTF-8", "askaround/v1/\xff", nil, ErrSyntax},
		{"257 bytes", strings.Repeat("a", 257), nil, ErrTooLong},
		{"8 slashes", "a/b/c/d/e/f/g/h/i", nil, ErrTooLong},
		{"7 slashes, but unknown", "a/b/c/d/e/f/g/h", nil, ErrUnknown},
		{"another application", "other/v1/system", nil, ErrUnknown},
		{"another version", "askaround/v2/system", nil, ErrUnknown},
		{"another class", "askaround/v1/robot/r2", nil, ErrUnknown},
		{"a robot without name", "askaround/v1/robot//action", nil, ErrParameter},
		{"a robot whose name is too long", strings.Repeat("r", 129) + "/action", nil, ErrParameter},
		{"a robot whose name has a colon, as things may", "a:b/action", nil, ErrParameter},
		{"the second parameter is at fault", "askaround/v1/edge/cam-1/Cats/inference", nil, ErrParameter},
		{"a level too many", "askaround/v1/system/", nil, ErrUnknown},
		{"a cell of level 9, whose marker is two bits higher", "askaround/v1/geo/89c25c", nil, ErrParameter},
		{"a cell of level 11", "askaround/v1/geo/89c25b4", nil, ErrParameter},
		{"a cell in capitals", "askaround/v1/geo/89C25B", nil, ErrParameter},
		{"a cell of a seventh face", "askaround/v1/geo/c9c25b", nil, ErrParameter},
		{"a level below a cell", "askaround/v1/geo/89c25b/x", nil, ErrUnknown},
		{"a question without suffix", "askaround/v1/question/89c25a31cf0e2b4d-", nil, ErrParameter},
		{"a question in a cell that is no leaf", "askaround/v1/question/89c25a31cf0e2b4c-0123456789abcdefghijklmnop", nil, ErrParameter},
		{"a question with an underscore", "askaround/v1/question/89c25a31cf0e2b4d_0123456789abcdefghijklmnop", nil, ErrParameter},
		{"a question suffix outside of base 32", "askaround/v1/question/89c25a31cf0e2b4d-0123456789abcdefghijklmnow", nil, ErrParameter},
		{"an account of 25 characters", "askaround/v1/account/" + someAccount[1:], nil, ErrParameter},
		{"an account outside of base 32", "askaround/v1/account/" + someAccount[1:] + "z", nil, ErrParameter},
	} {
		got, err := Parse(test.name)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", test.reason, err, test.err)
			continue
		}
		if diff := cmp.Diff(test.want, got, exportAll); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
		if test.err == nil && got.String() != test.name {
			t.Errorf("%s: String() = %q", test.reason, got)
		}
	}
}

// examples are one topic of every channel.
func examples(t *testing.T) []Topic {
	t.Helper()
	values := levels{someCell, someQuestion, someAccount, "robot-1", "thing:1", "model-1"}
	var topics []Topic
	for c := range Channels() {
		for _, first := range values {
			var all levels
			for i := range all {
				all[i] = first
			}
			all[4] = values[5]
			if example, err := c.parse(all); err == nil {
				topics = append(topics, example)
				break
			}
		}
	}
	if len(topics) != len(channels) {
		t.Fatalf("examples of %d of %d channels", len(topics), len(channels))
	}
	return topics
}

func TestTopicsReadBack(t *testing.T) {
	for _, want := range examples(t) {
		got, err := Parse(want.String())
		if err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if diff := cmp.Diff(want, got, exportAll); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", want, diff)
		}
		if !got.Channel().Filter().Match(want.String()) {
			t.Errorf("%s is not matched by the filter of channel %s", want, got.Channel().Name())
		}
	}
}

func TestFilterOfTopicMatchesOnlyItself(t *testing.T) {
	topics := examples(t)
	for i, a := range topics {
		f := a.Filter()
		if parsed, err := ParseFilter(f.String()); err != nil || parsed != f || !f.Exact() {
			t.Errorf("%s: filter %v does not read back exactly: %v", a, f, err)
		}
		for j, b := range topics {
			if f.Match(b.String()) != (i == j) {
				t.Errorf("filter of %s against %s", a, b)
			}
		}
		if len(a.String()) > MaxBytes || strings.Count(a.String(), "/") > MaxSlashes {
			t.Errorf("%s is over the limits", a)
		}
	}
}

func TestChannelsKeepTheLimits(t *testing.T) {
	names := map[string]bool{}
	for c := range Channels() {
		if names[c.Name()] || c.Name() == "" {
			t.Errorf("channel name %q stands twice or is empty", c.Name())
		}
		names[c.Name()] = true
		if _, err := ParseFilter(c.Filter().String()); err != nil {
			t.Errorf("%s: %v", c.Name(), err)
		}
		if c.QoS() > 1 || c.MaxPayload() < 1 || c.MaxPayload() > MaxPayloadBytes {
			t.Errorf("%s: QoS %d, payload of %d bytes", c.Name(), c.QoS(), c.MaxPayload())
		}
	}
	if !(DevicePresence{}).Channel().Retain() || (System{}).Channel().Retain() {
		t.Error("presence is retained, notices are not")
	}
}

// TestErrorsKeepAccountsSecret: errors go to logs and to remote callers.
func TestErrorsKeepAccountsSecret(t *testing.T) {
	const almost = someAccount + "x"
	for _, parse := range []func() error{
		func() error { _, err := NewAccount(almost); return err },
		func() error { _, err := Parse("askaround/v1/account/" + almost); return err },
	} {
		if err := parse(); err == nil || strings.Contains(err.Error(), someAccount) {
			t.Errorf("error %v", err)
		}
	}
}

func TestValidate(t *testing.T) {
	long := strings.Repeat("a", MaxBytes)
	for _, test := range []struct {
		reason, name string
		err          error
	}{
		{"the longest topic", long, nil},
		{"the deepest topic", "a/b/c/d/e/f/g/h", nil},
		{"a rule's prefix does not count in bytes", "$aws/rules/rule/" + long, nil},
		{"a rule's prefix does not count in slashes", "$aws/rules/rule/a/b/c/d/e/f/g/h", nil},
		{"a byte too many behind a rule", "$aws/rules/rule/a" + long, ErrTooLong},
		{"a slash too many behind a rule", "$aws/rules/rule/a/b/c/d/e/f/g/h/i", ErrTooLong},
		{"a rule without topic", "$aws/rules/rule/", ErrSyntax},
		{"a rule without slash is a plain topic", "$aws/rules/" + long, ErrTooLong},
		{"a rule without name is a plain topic", "$aws/rules//a/b/c/d/e/f", ErrTooLong},
		{"what only resembles the prefix counts", "$aws/ruler/rule/" + long, ErrTooLong},
		{"a wildcard behind a rule", "$aws/rules/rule/+", ErrSyntax},
	} {
		if err := Validate(test.name); !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", test.reason, err, test.err)
		}
	}
	if _, err := ParseFilter("$aws/rules/rule/" + long); !errors.Is(err, ErrTooLong) {
		t.Errorf("nobody subscribes to Basic Ingest, so a filter has no exemption: %v", err)
	}
}

func TestParseFilter(t *testing.T) {
	for _, test := range []struct {
		reason, filter string
		share          string
		exact          bool
		err            error
	}{
		{"an ordinary filter", "a/b", "", true, nil},
		{"+ as a level", "a/+/b", "", false, nil},
		{"# at the end", "a/#", "", false, nil},
		{"a share", "$share/g/a/b", "g", true, nil},
		{"a share of everything", "$share/g/#", "g", false, nil},
		{"a $-topic that only resembles a share", "$shared/g", "", true, nil},
		{"256 bytes beside the share's name", "$share/g/" + strings.Repeat("a", 256), "g", true, nil},
		{"257 bytes", strings.Repeat("a", 257), "", false, ErrTooLong},
		{"8 slashes", strings.Repeat("/", 8), "", false, ErrTooLong},
		{"7 slashes", strings.Repeat("/", 7), "", true, nil},
		{"nothing", "", "", false, ErrSyntax},
		{"# before the end", "a/#/b", "", false, ErrSyntax},
		{"# inside a level", "a/b#", "", false, ErrSyntax},
		{"+ inside a level", "a/b+", "", false, ErrSyntax},
		{"a share without filter", "$share/g", "", false, ErrSyntax},
		{"a share with an empty filter", "$share/g/", "", false, ErrSyntax},
		{"a share without name", "$share//a", "", false, ErrSyntax},
		{"a share whose name is a wildcard", "$share/+/a", "", false, ErrSyntax},
		{"a NUL", "a\x00", "", false, ErrSyntax},
		{"a NUL in the share's name", "$share/\x00/a", "", false, ErrSyntax},
		{"not UTF-8", "a/\xc3\x28", "", false, ErrSyntax},
	} {
		f, err := ParseFilter(test.filter)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: error %v, want %v", test.reason, err, test.err)
			continue
		}
		if err == nil && (f.String() != test.filter || f.Share() != test.share || f.Exact() != test.exact) {
			t.Errorf("%s: %q, share %q, exact %t", test.reason, f, f.Share(), f.Exact())
		}
	}
}

func TestZeroFilterMatchesNothing(t *testing.T) {
	if (Filter{}).Match("a") || (Filter{}).Match("") || (Filter{}).Exact() {
		t.Error("the zero Filter matches")
	}
}
