package app

import (
	"testing"

	"github.com/askaround/askaround-go/askaround"
)

func TestReadable(t *testing.T) {
	const account, other = "0123456789abcdefghijklmnop", "1123456789abcdefghijklmnop"
	for _, test := range []struct {
		reason, filter string
		want           bool
	}{
		{"every place", "askaround/v1/geo/89c25b", true},
		{"every question", "askaround/v1/question/89c25a31cf0e2b4d-0123456789abcdefghijklmnop", true},
		{"the system", "askaround/v1/system", true},
		{"one's own account", "askaround/v1/account/" + account, true},
		{"another's account", "askaround/v1/account/" + other, false},
		{"all places at once", "askaround/v1/geo/+", false},
		{"everything", "#", false},
		{"a robot, which users have no part in", "askaround/v1/robot/r2/telemetry", false},
		{"a robot that is called like the account", "askaround/v1/robot/" + account + "/telemetry", false},
		{"what devices share", "esp32/sub", false},
	} {
		if got := readable(askaround.AccountID(account), test.filter); got != test.want {
			t.Errorf("%s: %s is readable: %t", test.reason, test.filter, got)
		}
	}
}
