package topic

import "testing"

func TestRoles(t *testing.T) {
	for _, test := range []struct {
		reason           string
		role             Role
		identity         string
		topic            Topic
		publish, receive bool
	}{
		{"the service tells an account", RoleService, "", Account{someAccount}, true, false},
		{"a user hears of its own account", RoleUser, someAccount, Account{someAccount}, false, true},
		{"a user hears of no other account", RoleUser, "1" + someAccount[1:], Account{someAccount}, false, false},
		{"nobody is nobody's account", RoleUser, "", Account{}, false, false},
		{"a user hears of every place", RoleUser, someAccount, Geo{someCell}, false, true},
		{"an operator drives every robot", RoleOperator, "", RobotAction{"r2"}, true, false},
		{"a robot obeys its own commands", RoleRobot, "r2", RobotAction{"r2"}, false, true},
		{"a robot obeys no other's", RoleRobot, "r3", RobotAction{"r2"}, false, false},
		{"a device is no robot", RoleDevice, "r2", RobotAction{"r2"}, false, false},
		{"devices share a topic", RoleDevice, "esp-1", Esp32Pub{}, true, false},
		{"a device speaks for its own models", RoleDevice, "cam", EdgeInference{"cam", "cats"}, true, false},
		{"a device speaks for no other's", RoleDevice, "cats", EdgeInference{"cam", "cats"}, false, false},
		{"an unknown role may nothing", "", "r2", RobotAction{"r2"}, false, false},
	} {
		if got := test.role.MayPublish(test.identity, test.topic); got != test.publish {
			t.Errorf("%s: may publish %t", test.reason, got)
		}
		if got := test.role.MayReceive(test.identity, test.topic); got != test.receive {
			t.Errorf("%s: may receive %t", test.reason, got)
		}
	}
}
