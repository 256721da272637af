package main

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// An acl is what a Mosquitto file lets its users read and write, as filters.
type acl struct{ read, write []string }

func readACL(t testing.TB, role string) acl {
	t.Helper()
	body, err := os.ReadFile("../../../mosquitto/" + role + ".acl")
	if err != nil {
		t.Fatal(err)
	}
	var a acl
	for line := range strings.Lines(string(body)) {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "#"):
		case len(fields) == 3 && fields[0] == "pattern" && fields[1] == "read":
			a.read = append(a.read, fields[2])
		case len(fields) == 3 && fields[0] == "pattern" && fields[1] == "write":
			a.write = append(a.write, fields[2])
		default:
			t.Fatalf("%s.acl: line %q", role, line)
		}
	}
	return a
}

// allows reads it as Mosquitto does: by filter, after putting the user's name in.
func (a acl) allows(user, action, name string) bool {
	filters := a.read
	if action == "publish" {
		filters = a.write
	}
	for _, f := range filters {
		if filterMatch(strings.ReplaceAll(f, "%u", user), name) {
			return true
		}
	}
	return false
}

// filterMatch matches filters without "#".
func filterMatch(filter, name string) bool {
	want, got := strings.Split(filter, "/"), strings.Split(name, "/")
	for i := range want {
		if len(want) != len(got) || want[i] != "+" && want[i] != got[i] {
			return false
		}
	}
	return true
}

func TestACLsAgreeWithTheModel(t *testing.T) {
	model, seed := theModel(t), rand.Uint64()
	w := newWorld(model, seed)
	acls := map[*asyncapi.Role]acl{}
	for _, role := range model.Roles {
		acls[role] = readACL(t, role.Name)
	}
	for range cases() {
		role := model.Roles[w.IntN(len(model.Roles))]
		identity, name := w.identity(role), w.topic()
		action := []string{"publish", "receive"}[w.IntN(2)]
		want := may(model, role, identity, action, name)
		if got := acls[role].allows(identity, action, name); got != want {
			t.Fatalf("seed %d: %s %q may %s %s: ACL %t, model %t", seed, role.Name, identity, action, name, got, want)
		}
	}
}
