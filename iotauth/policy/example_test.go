package policy_test

import (
	"fmt"

	"github.com/askaround/askaround-go/iotauth/policy"
)

const sensorPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}"},
    {"Sid": "own", "Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": "arn:aws:iot:*:*:topic/sensors/${iot:Connection.Thing.ThingName}/*"},
    {"Sid": "keys", "Effect": "Deny", "Action": "iot:Publish", "Resource": "arn:aws:iot:*:*:topic/sensors/*/keys"}
  ]
}`

func sensor() policy.Connection {
	return policy.Connection{ClientID: "s7", Thing: &policy.Thing{Name: "s7", Attached: true}}
}

func Example() {
	doc, err := policy.Parse([]byte(sensorPolicy))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := policy.Compile(doc)
	if err != nil {
		fmt.Println(err)
		return
	}
	bound := set.Bind(sensor())
	fmt.Println(bound.Publish("sensors/s7/t"))
	fmt.Println(bound.Publish("sensors/s8/t"))
	fmt.Println(bound.Publish("sensors/s7/keys"))
	// Output:
	// ALLOWED
	// IMPLICIT_DENY
	// EXPLICIT_DENY
}

func ExampleParse_error() {
	_, err := policy.Parse([]byte(`{"Version": "2012-10-17",
  "Statement": {"Effect": "allow", "Action": "iot:Publish", "Resource": "*"}}`))
	fmt.Println(err)
	// Output: policy: 2:17 /Statement/0/Effect: the effect is "allow": want "Allow" or "Deny"
}

func ExampleNew() {
	doc := policy.New(
		policy.Allow(policy.Connect).On(policy.Client("${iot:Connection.Thing.ThingName}")).When("Bool", policy.KeyIsAttached, "true"),
		policy.Allow(policy.Publish).On(policy.Topic("users/"+policy.Literal("a*b")+"/inbox")),
	)
	fmt.Println(doc)
	fmt.Println(doc.Size(), doc.Validate())
	// Output:
	// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}},{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:*:*:topic/users/a${*}b/inbox"}]}
	// 310 <nil>
}

func ExampleSet_Explain() {
	doc, _ := policy.Parse([]byte(sensorPolicy))
	set, _ := policy.Compile(doc)
	conn := sensor()
	fmt.Println(set.Explain(conn.Request(policy.Publish, "sensors/s8/t")))
	conn.Thing.Attached = false
	fmt.Print(set.Explain(conn.Request(policy.Connect, "s7")).Tree())
	// Output:
	// IMPLICIT_DENY iot:Publish topic/sensors/s8/t: nothing allows it; document 1 statement 2 (own): arn:aws:iot:*:*:topic/sensors/${iot:Connection.Thing.ThingName}/* differs from the request at "8/t", behind "sensors/s"; document 1 statement 3 (keys): arn:aws:iot:*:*:topic/sensors/*/keys wants more behind "sensors/s8/t"
	// IMPLICIT_DENY
	// ├─ request iot:Connect arn:aws:iot:us-east-1:123456789012:client/s7
	// ├─ missing context values: iot:Connection.Thing.ThingName
	// ├─ Allow document 1 statement 1: near miss: no value for a variable
	// │  └─ arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}: ${iot:Connection.Thing.ThingName} has no value: it needs MQTT, a client ID that is the thing's name, and the certificate attached to the thing
	// ├─ Allow document 1 statement 2 (own): other action
	// │  └─ speaks of iot:publish, iot:receive
	// └─ Deny document 1 statement 3 (keys): other action
	//    └─ speaks of iot:publish
}

func ExampleLint() {
	doc, err := policy.Parse([]byte(`{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Deny",
    "Action": "iot:Publish",
    "Resource": "arn:aws:iot:us-east-1:123456789012:topic/${iot:Connection.Thing.ThingName}/#"
  }
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range policy.Lint(doc) {
		fmt.Println(f.Position, f.Severity, f.Code)
		fmt.Println("  mend:", f.Mend)
	}
	// Output:
	// 6:17 high deny-may-not-deny
	//   mend: allow only what is meant, by the same variable in an Allow, or deny with a fixed pattern; a second Deny under Null of the key closes the gap
	// 6:17 medium deny-mqtt-wildcard
	//   mend: write "*" for + and #
}

func ExampleDerive() {
	model, err := policy.ReadModel([]byte(`{
  "roles": [{"name": "lamp", "identity": "thing", "variable": "${iot:Connection.Thing.ThingName}", "attached": true}],
  "parameters": {"lamp": {"pattern": "^[a-z0-9-]{1,64}$", "identity": "thing"}},
  "channels": [{"name": "command", "address": "lamps/{lamp}/command", "receive": [{"role": "lamp", "topics": "own"}]}]
}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	doc, err := policy.Derive(model, "lamp")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range doc.Statements {
		fmt.Println(s.Action, s.Resource)
	}
	// Output:
	// [iot:Connect] [arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}]
	// [iot:Subscribe] [arn:aws:iot:*:*:topicfilter/lamps/${iot:Connection.Thing.ThingName}/command]
	// [iot:Receive] [arn:aws:iot:*:*:topic/lamps/${iot:Connection.Thing.ThingName}/command]
}

func ExampleProve() {
	before, _ := policy.Compile(policy.New(
		policy.Allow(policy.Publish).On(policy.Topic("sensors/*")),
		policy.Deny(policy.Publish).On(policy.Topic("sensors/*/keys")),
	))
	after, _ := policy.Compile(policy.New(policy.Allow(policy.Publish).On(policy.Topic("sensors/*"))))
	for _, pair := range [][2]*policy.Set{{before, after}, {after, before}} {
		proof, err := policy.Prove(pair[0], pair[1])
		fmt.Println(proof.Holds, proof.Counterexample, err)
	}
	// Output:
	// true <nil> <nil>
	// false iot:Publish topic/sensors//keys <nil>
}
