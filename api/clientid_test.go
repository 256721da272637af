package api

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/foreign"
)

// roles are all, with what their clients are called here.
var roles = map[topic.Role]string{
	topic.RoleService: "", topic.RoleOperator: "",
	topic.RoleUser:  own.account,
	topic.RoleRobot: own.thing, topic.RoleDevice: own.thing,
}

// connects reads the first statement of a role's policy: which client ids it lets in.
func connects(t *testing.T, role topic.Role) (allows func(identity, id string) bool) {
	t.Helper()
	body, err := os.ReadFile("policies/" + string(role) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Statement []struct {
			Action   string
			Resource []string
		}
	}
	if err := json.Unmarshal(body, &policy); err != nil {
		t.Fatal(err)
	}
	s := policy.Statement[0]
	resource, ok := strings.CutPrefix(s.Resource[0], "arn:aws:iot:*:*:client/")
	if s.Action != "iot:Connect" || len(s.Resource) != 1 || !ok {
		t.Fatalf("policy of %s begins with %+v", role, s)
	}
	return func(identity, id string) bool {
		want := strings.NewReplacer("{account}", identity, "${iot:Connection.Thing.ThingName}", identity).Replace(resource)
		if before, any := strings.CutSuffix(want, "*"); any {
			return strings.HasPrefix(id, before)
		}
		return id == want
	}
}

// TestClientIDs: what a client calls itself with the help of package topic, its policy
// lets in, and nothing that the policy would not.
func TestClientIDs(t *testing.T) {
	policies, err := filepath.Glob("policies/*.json")
	if err != nil || len(policies) != len(roles) {
		t.Fatalf("%d policies for %d roles: %v", len(policies), len(roles), err)
	}
	for role, identity := range roles {
		allows := connects(t, role)
		if id := role.ClientID(identity, "web-1"); !allows(identity, id) || len(id) > 128 {
			t.Errorf("%s: its policy refuses client id %q", role, id)
		}
		for _, id := range []string{
			"", "web-1", "x", own.thing, other.thing, own.account, own.account + "-", own.account + "-web-1", other.account + "-web-1",
			"service-1", "operator-1", "operator", "user-1", "robot-1", "device-1",
		} {
			if got, want := role.MayConnect(identity, id), allows(identity, id); got != want {
				t.Errorf("%s %q may connect as %q: %t, its policy says %t", role, identity, id, got, want)
			}
		}
	}
	if id := topic.Role("nobody").ClientID("x", "y"); id != "" || topic.Role("nobody").MayConnect("x", "x") {
		t.Errorf("an unknown role connects as %q", id)
	}
	for _, role := range []topic.Role{topic.RoleUser, topic.RoleRobot, topic.RoleDevice} {
		if role.MayConnect("", "") || role.MayConnect("", "-x") {
			t.Errorf("a nameless %s connects", role)
		}
	}
}

// TestTypeScriptClientIDs: the functions for web pages make the same.
func TestTypeScriptClientIDs(t *testing.T) {
	node := foreign.Need(t, "node")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	bundle := filepath.Join(t.TempDir(), "clientids.mjs")
	bundleForNode(ctx, t, "testdata/clientids.ts", bundle)
	out, err := exec.CommandContext(ctx, node, bundle, own.account, own.thing, "web-1").Output()
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var ids map[topic.Role]string
	if err := json.Unmarshal(out, &ids); err != nil {
		t.Fatal(err)
	}
	for role, identity := range roles {
		if got, want := ids[role], role.ClientID(identity, "web-1"); got != want {
			t.Errorf("%s: %q in TypeScript, %q in Go", role, got, want)
		}
	}
}
