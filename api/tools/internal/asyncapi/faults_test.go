package asyncapi

import "strings"

// faults are changes to the sound document, each with the whole error.
var faults = []struct{ reason, old, new, want string }{
	{"not YAML", sound, "a: [",
		"topics.yaml:1: #: yaml: line 1: did not find expected node content"},
	{"an empty document", sound, "",
		"topics.yaml:1: #: empty"},
	{"a list", sound, "- a",
		`topics.yaml:1: #: info is missing
topics.yaml:1: #: asyncapi is missing
topics.yaml:1: #: x-roles is missing
topics.yaml:1: #: channels is missing
topics.yaml:1: #: operations is missing`},
	{"AsyncAPI 2", "asyncapi: 3.1.0", "asyncapi: 2.6.0",
		`topics.yaml:1: #/asyncapi: AsyncAPI 3 is wanted, not "2.6.0"`},
	{"no version", "asyncapi: 3.1.0\n", "",
		"topics.yaml:1: #: asyncapi is missing"},
	{"no roles", "x-roles:\n  service: {description: The backend.}\n  device: {description: A device., identity: thing}\n", "",
		`topics.yaml:1: #: x-roles is missing
topics.yaml:27: #/operations/sendCommand/x-roles/service: unknown role service
topics.yaml:33: #/operations/receiveCommand/x-roles/device: unknown role device
topics.yaml:39: #/operations/sendPlace/x-roles/device: unknown role device
topics.yaml:45: #/operations/receivePlace/x-roles/service: unknown role service`},
	{"a role that nobody has", "channels:", "  idle: {description: Nobody.}\nchannels:",
		"topics.yaml:6: #/x-roles/idle: no operation has role idle"},
	{"an identity of another kind", "identity: thing}", "identity: name}",
		`topics.yaml:5: #/x-roles/device/identity: "name" is neither account nor thing
topics.yaml:36: #/operations/receiveCommand/x-roles/device/topics: own: channel command has no parameter that names the name of role device`},
	{"8 slashes", "t/v1/place/{cell}", "t/v1/a/b/c/d/e/f/{cell}",
		"topics.yaml:16: #/channels/place/address: 8 slashes, the limit is 7"},
	{"257 bytes in the worst case", "t/v1/place/{cell}", "t/v1/place/" + strings.Repeat("x", 239) + "/{cell}",
		"topics.yaml:16: #/channels/place/address: a topic may have 257 bytes, the limit is 256"},
	{"a parameter that is not declared", "t/v1/place/{cell}", "t/v1/place/{cel}",
		`topics.yaml:16: #/channels/place/address: unknown parameter cel
topics.yaml:19: #/channels/place/parameters/cell: parameter cell is not in the address t/v1/place/{cel}
topics.yaml:52: #/components/parameters/cell: no channel uses parameter cell`},
	{"a parameter that is not in the address", "t/v1/place/{cell}", "t/v1/place",
		`topics.yaml:19: #/channels/place/parameters/cell: parameter cell is not in the address t/v1/place
topics.yaml:52: #/components/parameters/cell: no channel uses parameter cell`},
	{"a parameter of no component", "cell: {$ref: '#/components/parameters/cell'}", "cell: {$ref: '#/components/parameters/cel'}",
		`topics.yaml:19: #/channels/place/parameters/cell/$ref: "#/components/parameters/cel" is not a parameter of #/components/parameters
topics.yaml:52: #/components/parameters/cell: no channel uses parameter cell`},
	{"a parameter twice in an address", "t/v1/place/{cell}", "t/{cell}/place/{cell}",
		"topics.yaml:16: #/channels/place/address: parameter cell stands twice"},
	{"a parameter of which no channel knows", "  messages:\n    command: {payload", "    idle: {description: idle, x-pattern: ^a$, x-max-length: 1, examples: [a]}\n  messages:\n    command: {payload",
		"topics.yaml:53: #/components/parameters/idle: no channel uses parameter idle"},
	{"a parameter within a level", "t/v1/place/{cell}", "t/v1/place-{cell}",
		`topics.yaml:16: #/channels/place/address: level "place-{cell}" is neither {parameter} nor lower-case letters, digits and inner hyphens
topics.yaml:19: #/channels/place/parameters/cell: parameter cell is not in the address t/v1/place-{cell}
topics.yaml:52: #/components/parameters/cell: no channel uses parameter cell`},
	{"a wildcard in an address", "t/v1/place/{cell}", "t/v1/+/{cell}",
		`topics.yaml:16: #/channels/place/address: level "+" is neither {parameter} nor lower-case letters, digits and inner hyphens`},
	{"an empty level", "t/v1/place/{cell}", "/t/v1/{cell}",
		`topics.yaml:16: #/channels/place/address: level "" is neither {parameter} nor lower-case letters, digits and inner hyphens`},
	{"a level in capitals", "t/v1/place/{cell}", "t/V1/place/{cell}",
		`topics.yaml:16: #/channels/place/address: level "V1" is neither {parameter} nor lower-case letters, digits and inner hyphens`},
	{"two channels with one address", "t/v1/place/{cell}", "t/v1/{cell}/command",
		`topics.yaml:16: #/channels/place/address: topic "t/v1/aaaaaa/command" matches channel command as well`},
	{"a literal that a parameter allows", "address: t/v1/place/{cell}\n    description: What is where.\n    parameters:\n      cell: {$ref: '#/components/parameters/cell'}", "address: t/v1/abc/command\n    description: What is where.",
		`topics.yaml:16: #/channels/place/address: topic "t/v1/abc/command" matches channel command as well
topics.yaml:50: #/components/parameters/cell: no channel uses parameter cell`},
	{"two parameters that name a client", sound, strings.NewReplacer(
		"t/v1/{thing}/command", "t/v1/for/{thing}/{cell}", "parameters:\n      thing", "parameters:\n      cell: {$ref: '#/components/parameters/cell'}\n      thing",
		"x-max-length: 6, ", "x-max-length: 6, x-identity: account, ").Replace(sound),
		"topics.yaml:8: #/channels/command/address: thing and cell both name a client"},
	{"a parameter under another name", sound, strings.NewReplacer(
		"{cell}", "{square}", "cell: {$ref", "square: {$ref").Replace(sound),
		"topics.yaml:19: #/channels/place/parameters/square/$ref: parameter cell is called square here: one name is enough"},
	{"more filters than one SUBSCRIBE carries", "filters: 8", "filters: 9",
		"topics.yaml:48: #/operations/receivePlace/x-roles/service: 9 filters do not fit into 1 SUBSCRIBE of 8: say subscribes"},
	{"more filters than one connection carries", "filters: 8", "filters: 51",
		`topics.yaml:48: #/operations/receivePlace/x-roles/service/filters: "51" is not an integer from 1 to 50
topics.yaml:48: #/operations/receivePlace/x-roles/service: 50 filters do not fit into 1 SUBSCRIBE of 8: say subscribes`},
	{"more filters than one connection carries, together", "service: {topics: each, filters: 8}", "service: {topics: each, filters: 8}\n      device: {topics: each, filters: 50, subscribes: 7}",
		"topics.yaml:5: #/x-roles/device: role device may hold 51 filters, the limit of one connection is 50"},
	{"each without a number", "topics: each, filters: 8", "topics: each",
		"topics.yaml:48: #/operations/receivePlace/x-roles/service: topics are named one by one: filters must say how many"},
	{"each of a sender", "device: {topics: all}", "device: {topics: each}",
		"topics.yaml:42: #/operations/sendPlace/x-roles/device/topics: each: a sender uses own topics or all"},
	{"own of a role without identity", "service: {topics: all}", "service: {topics: own}",
		"topics.yaml:30: #/operations/sendCommand/x-roles/service/topics: own: channel command has no parameter that names the (absent) identity of role service"},
	{"own of a channel that names nobody", "device: {topics: all}", "device: {topics: own}",
		"topics.yaml:42: #/operations/sendPlace/x-roles/device/topics: own: channel place has no parameter that names the thing of role device"},
	{"a scope that is none", "topics: all", "topics: any",
		`topics.yaml:30: #/operations/sendCommand/x-roles/service/topics: "any" is none of own, each and all`},
	{"a payload over 128 KB", "x-max-payload: 1024", "x-max-payload: 131073",
		`topics.yaml:14: #/channels/command/x-max-payload: "131073" is not an integer from 1 to 131072`},
	{"no largest payload", "    x-max-payload: 1024\n    x-rule", "    x-rule",
		"topics.yaml:15: #/channels/place: x-max-payload is missing"},
	{"a payload in words", "x-max-payload: 1024", "x-max-payload: 1 KB",
		`topics.yaml:14: #/channels/command/x-max-payload: "1 KB" is not an integer from 1 to 131072`},
	{"a misspelt extension", "x-rule: places", "x-rules: places",
		"topics.yaml:23: #/channels/place/x-rules: unknown member x-rules"},
	{"a rule that AWS would refuse", "x-rule: places", "x-rule: the-places",
		`topics.yaml:23: #/channels/place/x-rule: "the-places" is not the name of a rule: letters, digits and underscores`},
	{"a pattern without end", "'^[0-9a-f]{6}$'", "'^[0-9a-f]{6}'",
		"topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[0-9a-f]{6}: a pattern stands between ^ and $"},
	{"an unbounded pattern", "'^[0-9a-f]{6}$'", "'^[0-9a-f]+$'",
		`topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[0-9a-f]+$: "+" is neither a character nor a class, each with {n} or {m,n}`},
	{"a pattern that needs backtracking", "'^[0-9a-f]{6}$'", "'^[0-9]{1,5}[0-9a-f]$'",
		"topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[0-9]{1,5}[0-9a-f]$: atom 1 has a variable length and shares a character with what may follow"},
	{"a pattern with a slash", "'^[0-9a-f]{6}$'", "'^[0-9/]{6}$'",
		`topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[0-9/]{6}$: "[0-9/]{6}": it allows a character that may not stand in a level`},
	{"a pattern with a wildcard of policies", "'^[0-9a-f]{6}$'", "'^[*-9]{6}$'",
		`topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[*-9]{6}$: "[*-9]{6}": it allows a character that may not stand in a level`},
	{"a pattern whose range is upside down", "'^[0-9a-f]{6}$'", "'^[9-0]{6}$'",
		`topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[9-0]{6}$: "[9-0]{6}": 9-0 is no range`},
	{"a pattern that allows nothing", "'^[0-9a-f]{6}$'", "'^[0-9]{0,6}$'",
		"topics.yaml:52: #/components/parameters/cell/x-pattern: pattern ^[0-9]{0,6}$: it allows the empty level"},
	{"a longer pattern than declared", "x-max-length: 6", "x-max-length: 5",
		"topics.yaml:52: #/components/parameters/cell/x-max-length: 5, but the pattern allows 6 characters"},
	{"no length", "x-max-length: 6, ", "",
		"topics.yaml:52: #/components/parameters/cell: x-max-length is missing"},
	{"an example that is none", "examples: [89c25b]", "examples: [89c25]",
		`topics.yaml:52: #/components/parameters/cell/examples: the example "89c25" does not match ^[0-9a-f]{6}$`},
	{"QoS 2, which AWS IoT has not", "qos: 1, retain: true", "qos: 2, retain: true",
		`topics.yaml:28: #/operations/sendCommand/bindings/mqtt/qos: "2" is not an integer from 0 to 1`},
	{"no QoS", "{qos: 1}", "{}",
		"topics.yaml:34: #/operations/receiveCommand/bindings/mqtt: qos is missing"},
	{"no binding", "    bindings: {mqtt: {qos: 1}}\n", "",
		"topics.yaml:31: #/operations/receiveCommand: bindings is missing"},
	{"a receiver that wants more than is sent", "bindings: {mqtt: {qos: 0}}\n    x-roles:\n      service", "bindings: {mqtt: {qos: 1}}\n    x-roles:\n      service",
		"topics.yaml:43: #/operations/receivePlace: it asks for QoS 1, but the sender's is 0"},
	{"a receiver that retains", "{qos: 1}", "{qos: 1, retain: true}",
		"topics.yaml:31: #/operations/receiveCommand: retain is the sender's affair"},
	{"an unknown role", "device: {topics: own}", "robot: {topics: own}",
		"topics.yaml:36: #/operations/receiveCommand/x-roles/robot: unknown role robot"},
	{"an operation without role", "    x-roles:\n      device: {topics: own}\n", "",
		"topics.yaml:31: #/operations/receiveCommand: x-roles is missing"},
	{"an operation with no role at all", "x-roles:\n      device: {topics: own}\n", "x-roles: {}\n",
		"topics.yaml:35: #/operations/receiveCommand/x-roles: an operation has at least one role"},
	{"a channel that nobody sends to", "  sendPlace:\n    action: send\n    channel: {$ref: '#/channels/place'}\n    bindings: {mqtt: {qos: 0}}\n    x-roles:\n      device: {topics: all}\n", "",
		"topics.yaml:15: #/channels/place: no operation sends to channel place"},
	{"two senders", "action: receive\n    channel: {$ref: '#/channels/place'}", "action: send\n    channel: {$ref: '#/channels/place'}",
		`topics.yaml:15: #/channels/place: no operation receives from channel place
topics.yaml:43: #/operations/receivePlace: channel place has another operation to send`},
	{"an action that is none", "action: send", "action: publish",
		`topics.yaml:7: #/channels/command: no operation sends to channel command
topics.yaml:26: #/operations/sendCommand/action: "publish" is neither send nor receive`},
	{"an operation of no channel", "'#/channels/place'", "'#/channels/palace'",
		`topics.yaml:15: #/channels/place: no operation sends to channel place
topics.yaml:39: #/operations/sendPlace/channel/$ref: "#/channels/palace" is not a channel`},
	{"a message that is not there", "command: {$ref: '#/components/messages/command'}", "command: {$ref: '#/components/messages/comand'}",
		`topics.yaml:13: #/channels/command/messages/command/$ref: "#/components/messages/comand" leads nowhere`},
	{"a channel without message", "    messages:\n      command: {$ref: '#/components/messages/command'}\n    x-max-payload: 1024\n    x-rule", "    messages: {}\n    x-max-payload: 1024\n    x-rule",
		"topics.yaml:20: #/channels/place/messages: a channel carries at least one message"},
	{"a schema that is not in the other file", "schemas/Command'", "schemas/Comand'",
		`topics.yaml:54: #/components/messages/command/payload/$ref: "./api.yaml#/components/schemas/Comand" leads nowhere`},
	{"a schema of a file that is not there", "./api.yaml", "./apis.yaml",
		"topics.yaml:54: #/components/messages/command/payload/$ref: open apis.yaml: file does not exist"},
	{"a schema of an empty file", "./api.yaml", "./empty.yaml",
		"topics.yaml:54: #/components/messages/command/payload/$ref: ./empty.yaml is empty"},
	{"a schema of a file that is not YAML", "./api.yaml", "./faulty.yaml",
		"topics.yaml:54: #/components/messages/command/payload/$ref: yaml: line 1: did not find expected node content"},
	{"two channels of one name", "  place:\n    address", "  command:\n    address",
		`topics.yaml:15: #/channels/command: command stands twice
topics.yaml:39: #/operations/sendPlace/channel/$ref: "#/channels/place" is not a channel
topics.yaml:45: #/operations/receivePlace/channel/$ref: "#/channels/place" is not a channel
topics.yaml:52: #/components/parameters/cell: no channel uses parameter cell`},
	{"a mapping where there is a list", "messages:\n      command: {$ref: '#/components/messages/command'}", "messages: [command]",
		`topics.yaml:12: #/channels/command/messages: a mapping is wanted
topics.yaml:12: #/channels/command/messages: a channel carries at least one message`},
	{"a number for a text", "description: What is where.", "description: 5",
		"topics.yaml:17: #/channels/place/description: a string is wanted"},
	{"a text for a boolean", "retain: true", "retain: always",
		"topics.yaml:28: #/operations/sendCommand/bindings/mqtt/retain: true or false is wanted"},
	{"a name from which no identifier comes", "  place:\n    address", "  the-place:\n    address",
		`topics.yaml:15: #/channels/the-place: "the-place" is not a name: lower camel case, letters and digits
topics.yaml:15: #/channels/the-place: no operation sends to channel the-place
topics.yaml:15: #/channels/the-place: no operation receives from channel the-place
topics.yaml:39: #/operations/sendPlace/channel/$ref: "#/channels/place" is not a channel
topics.yaml:45: #/operations/receivePlace/channel/$ref: "#/channels/place" is not a channel`},
}
