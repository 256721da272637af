package firmware

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// misuses are mistakes that a sketch could make, each beside what was meant. wrong must
// not compile, for the reason that says names; right must.
var misuses = []struct {
	reason, wrong, right string
	says                 string // by g++, a regular expression
}{
	{
		"a robot's name is no thing's",
		`DeviceAck topic{RobotName("r2d2")};`, `DeviceAck topic{ThingName("r2d2")};`,
		`no matching function for call to 'askaround::DeviceAck::DeviceAck\(`,
	},
	{
		"text is no parameter",
		`DeviceAck topic{"printer-1"};`, `DeviceAck topic{ThingName("printer-1")};`,
		`no matching function for call to 'askaround::DeviceAck::DeviceAck\(`,
	},
	{
		"text does not become a parameter by itself",
		`ThingName thing = "printer-1";`, `ThingName thing("printer-1");`,
		`conversion from 'const char \[10\]' to non-scalar type 'askaround::ThingName'`,
	},
	{
		"a parameter of one kind does not become another",
		`ThingName thing(RobotName("r2d2"));`, `ThingName thing(ThingName("r2d2"));`,
		`no matching function for call to 'askaround::ThingName::ThingName\(`,
	},
	{
		"arguments in the wrong order",
		`EdgeModel topic{ModelName("m"), ThingName("t")};`, `EdgeModel topic{ThingName("t"), ModelName("m")};`,
		`no matching function for call to 'askaround::EdgeModel::EdgeModel\(`,
	},
	{
		"an argument too few",
		`EdgeModel topic{ThingName("t")};`, `EdgeModel topic{ThingName("t"), ModelName("m")};`,
		`no matching function for call to 'askaround::EdgeModel::EdgeModel\(`,
	},
	{
		"a channel that does not exist",
		`DeviceShout topic{ThingName("t")};`, `DeviceAck topic{ThingName("t")};`,
		`'DeviceShout' was not declared in this scope`,
	},
	{
		"a role that does not exist",
		`PublishTopic<role::Toaster, Esp32Pub> topic{Esp32Pub()};`, `PublishTopic<role::Device, Esp32Pub> topic{Esp32Pub()};`,
		`'Toaster' is not a member of 'askaround::role'`,
	},
	{
		"a buffer that holds most names",
		`char out[64]; DeviceAck(ThingName("t")).format(out);`, `char out[256]; DeviceAck(ThingName("t")).format(out);`,
		`static assertion failed: askaround: this buffer does not hold every topic of the channel`,
	},
	{
		"a buffer of another channel",
		`char out[DeviceAck::kTopicBufferBytes]; EdgeModel(ThingName("t"), ModelName("m")).format(out);`,
		`char out[EdgeModel::kTopicBufferBytes]; EdgeModel(ThingName("t"), ModelName("m")).format(out);`,
		`static assertion failed: askaround: this buffer does not hold every topic of the channel`,
	},
	{
		"a buffer without room for the NUL",
		`char out[DeviceAck::kMaxTopicBytes]; DeviceAck(ThingName("t")).format(out);`,
		`char out[DeviceAck::kMaxTopicBytes + 1]; DeviceAck(ThingName("t")).format(out);`,
		`static assertion failed: askaround: this buffer does not hold every topic of the channel`,
	},
	{
		"a pointer says nothing of its buffer",
		`char* out = received; DeviceAck(ThingName("t")).format(out);`, `char out[256]; DeviceAck(ThingName("t")).format(out);`,
		`no matching function for call to 'askaround::DeviceAck::format\(char\*&\)'`,
	},
	{
		"a device publishing on a channel that it only subscribes to",
		`PublishTopic<role::Device, DeviceCommand> topic{DeviceCommand(ThingName("t"))};`,
		`PublishTopic<role::Service, DeviceCommand> topic{DeviceCommand(ThingName("t"))};`,
		`static assertion failed: askaround: this role does not publish on this channel`,
	},
	{
		"a device publishing as a robot",
		`PublishTopic<role::Device, RobotTelemetry> topic{RobotTelemetry(RobotName("r"))};`,
		`PublishTopic<role::Robot, RobotTelemetry> topic{RobotTelemetry(RobotName("r"))};`,
		`static assertion failed: askaround: this role does not publish on this channel`,
	},
	{
		"a device subscribing to a channel that it only publishes on",
		`SubscribeFilter<role::Device, DeviceAck> filter{DeviceAck(ThingName("t"))};`,
		`SubscribeFilter<role::Operator, DeviceAck> filter{DeviceAck(ThingName("t"))};`,
		`static assertion failed: askaround: this role does not subscribe to this channel`,
	},
	{
		"a robot listening to what all robots are told",
		`const char* filter = SubscribeAll<role::Robot, RobotAction>::c_str(); (void)filter;`,
		`const char* filter = SubscribeAll<role::Operator, RobotTelemetry>::c_str(); (void)filter;`,
		`static assertion failed: askaround: this role does not subscribe to all topics of this channel`,
	},
	{
		"the topic of another channel",
		`PublishTopic<role::Device, DeviceAck> topic{DeviceTelemetry(ThingName("t"))};`,
		`PublishTopic<role::Device, DeviceTelemetry> topic{DeviceTelemetry(ThingName("t"))};`,
		`no matching function for call to 'askaround::PublishTopic<`,
	},
	{
		"a topic of one channel does not become another's",
		`DeviceAck ack = DeviceCommand(ThingName("t"));`, `DeviceAck ack = DeviceAck(ThingName("t"));`,
		`conversion from 'askaround::DeviceCommand' to non-scalar type 'askaround::DeviceAck' requested`,
	},
	{
		"a constant with a space",
		`constexpr ThingName thing("printer 1");`, `constexpr ThingName thing("printer-1");`,
		`call to non-'constexpr' function .*parameterBreaksItsPattern`,
	},
	{
		"a wildcard as a constant",
		`constexpr RobotName robot("+");`, `constexpr RobotName robot("-");`,
		`call to non-'constexpr' function .*parameterBreaksItsPattern`,
	},
	{
		"an empty constant",
		`constexpr RobotName robot("");`, `constexpr RobotName robot("r");`,
		`call to non-'constexpr' function .*parameterBreaksItsPattern`,
	},
	{
		"a constant of 129 characters",
		`constexpr ThingName thing("` + strings.Repeat("a", 129) + `");`, `constexpr ThingName thing("` + strings.Repeat("a", 128) + `");`,
		`call to non-'constexpr' function .*parameterBreaksItsPattern`,
	},
	{
		"a cell of the wrong level as a constant",
		`constexpr CellName cell("89c25c");`, `constexpr CellName cell("89c25b");`,
		`call to non-'constexpr' function .*parameterBreaksItsPattern`,
	},
	{
		"comparing a robot with a thing",
		`bool same = RobotName("r") == ThingName("r"); (void)same;`, `bool same = RobotName("r") == RobotName("r"); (void)same;`,
		`no match for 'operator=='`,
	},
	{
		"parsing into another channel's topic",
		`DeviceAck topic; DeviceCommand::parse(received, bytes, &topic);`, `DeviceCommand topic; DeviceCommand::parse(received, bytes, &topic);`,
		`cannot convert 'askaround::DeviceAck\*' to 'askaround::DeviceCommand\*'`,
	},
	{
		"a parameter that the channel does not have",
		`DeviceCommand topic; topic.robot();`, `DeviceCommand topic; topic.thing();`,
		`'class askaround::DeviceCommand' has no member named 'robot'`,
	},
	{
		"an MQTT buffer of 256 bytes, as the first application had",
		`static_assert(256 >= MqttBuffer<role::Device, DeviceCommand>::kBytes, "MQTTClient(256)");`,
		`static_assert(2048 >= MqttBuffer<role::Device, DeviceCommand>::kBytes, "MQTTClient(2048)");`,
		`static assertion failed: MQTTClient\(256\)`,
	},
	{
		"an MQTT buffer for another role's channel",
		`char buffer[MqttBuffer<role::Device, DeviceAck, RobotAction>::kBytes]; (void)buffer;`,
		`char buffer[MqttBuffer<role::Device, DeviceAck, DeviceCommand>::kBytes]; (void)buffer;`,
		`static assertion failed: askaround: this role has no part in this channel`,
	},
}

func TestMisuseDoesNotCompile(t *testing.T) {
	needGNU(t)
	for _, misuse := range misuses {
		t.Run(misuse.reason, func(t *testing.T) {
			t.Parallel()
			says, err := compileStatements(t, misuse.wrong)
			if err == nil {
				t.Fatalf("it compiles: %s", misuse.wrong)
			}
			if !regexp.MustCompile("error: .*" + misuse.says).MatchString(says) {
				t.Errorf("the compiler does not say %q:\n%s", misuse.says, says)
			}
		})
	}
}

// TestRightUseCompiles is the control: what the misuses should have been.
func TestRightUseCompiles(t *testing.T) {
	host.need(t)
	var all []string
	for _, misuse := range misuses {
		all = append(all, misuse.right)
	}
	if says, err := compileStatements(t, all...); err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
}

// compileStatements checks a program that has each of statements in a block of its own.
func compileStatements(t *testing.T, statements ...string) (says string, err error) {
	t.Helper()
	var b strings.Builder
	b.WriteString("#include \"askaround_topics.h\"\nusing namespace askaround;\n")
	b.WriteString("void use(char* received, size_t bytes) {\n(void)received, (void)bytes;\n")
	for _, s := range statements {
		fmt.Fprintf(&b, "{ %s }\n", s)
	}
	b.WriteString("}\n")
	path := filepath.Join(t.TempDir(), "use.cpp")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return host.compile(t, "-std=c++11", "-Wall", "-Wextra", "-Wno-unused-variable", "-fsyntax-only", path)
}
