package registry_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// victim is the process that TestKill kills: it registers devices, and says of each when
// it was told that all is done.
func victim(dir string) {
	r, err := registry.Open(dir)
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	ctx := context.Background()
	for _, name := range []string{"g1", "g2"} {
		if _, err := r.CreateThingGroup(ctx, registry.ThingGroup{Name: name}); err != nil {
			fmt.Println("group:", err)
			os.Exit(1)
		}
	}
	if _, err := r.CreatePolicy(ctx, "p"+os.Getenv("REGISTRY_ROUND"), policy.New(policy.Allow(policy.Connect).On("*")).String()); err != nil {
		fmt.Println("policy:", err)
		os.Exit(1)
	}
	var printing sync.Mutex
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("r%s-w%d-%d", os.Getenv("REGISTRY_ROUND"), worker, i)
				id, err := device(ctx, r, name)
				if err != nil {
					fmt.Println("device:", err)
					os.Exit(1)
				}
				printing.Lock()
				fmt.Println("done", name, id)
				printing.Unlock()
			}
		}()
	}
	for { // beside the changes
		if err := registry.Compact(ctx, r); err != nil {
			fmt.Println("compact:", err)
			os.Exit(1)
		}
	}
}

// device registers a thing with a certificate, policy and groups.
func device(ctx context.Context, r *registry.Registry, name string) (certificateID string, err error) {
	if _, err := r.CreateThing(ctx, registry.Thing{Name: name}); err != nil {
		return "", err
	}
	if err := r.UpdateThingGroupsForThing(ctx, name, []string{"g1", "g2"}, nil); err != nil {
		return "", err
	}
	c, err := r.CreateCertificateFromCSR(ctx, os.Getenv("REGISTRY_CSR"), true)
	if err != nil {
		return "", err
	}
	if err := r.AttachPolicy(ctx, "p"+os.Getenv("REGISTRY_ROUND"), c.ARN); err != nil {
		return "", err
	}
	return c.ID, r.AttachThingPrincipal(ctx, name, c.ARN, registry.ExclusiveThing)
}

// TestKill kills a process that registers devices, several times on one directory. What it
// was told to be done is there afterwards, and nothing is there by half.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	request := csr(t, nameOf("device"))
	done := map[string]string{} // certificates by their things
	var authority string
	for round := range 3 {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), "REGISTRY_VICTIM="+dir, fmt.Sprint("REGISTRY_ROUND=", round), "REGISTRY_CSR="+request)
		out, err := command.StdoutPipe()
		must(t, err)
		must(t, command.Start())
		lines, killed := bufio.NewScanner(out), false
		for n := 0; lines.Scan(); n++ {
			fields := strings.Fields(lines.Text())
			if len(fields) != 3 || fields[0] != "done" {
				t.Fatalf("round %d: %s", round, lines.Text())
			}
			done[fields[1]] = fields[2]
			if n == 40 && !killed {
				must(t, command.Process.Kill())
				killed = true
			}
		}
		if err := command.Wait(); err == nil {
			t.Fatal("the victim was not killed")
		}
		authority = verifyKilled(t, dir, done, authority)
	}
	t.Logf("%d devices", len(done))
}

// verifyKilled looks at what a killed process left, and returns the authority.
func verifyKilled(t *testing.T, dir string, done map[string]string, authority string) string {
	t.Helper()
	r, err := registry.Open(dir)
	must(t, err)
	defer r.Close()
	if got := string(r.CA().PEM()); authority != "" && got != authority {
		t.Error("the authority is another one")
	}
	for thing, id := range done {
		p, err := r.Principal(t.Context(), id, "")
		if err != nil || !p.Active || p.Thing == nil || p.Thing.Name != thing || len(p.Policies) != 1 {
			t.Fatalf("%s with certificate %s: %+v, %v", thing, id, p, err)
		}
		c, err := r.DescribeCertificate(id)
		must(t, err)
		if err := parse(t, c.PEM).CheckSignatureFrom(r.CA().Certificate); err != nil {
			t.Errorf("certificate %s: %v", id, err)
		}
	}
	must(t, registry.CheckIndexes(r))
	things, _, err := r.ListThings(registry.ThingQuery{})
	must(t, err)
	for _, thing := range things {
		if n := len(thing.Groups); n != 0 && n != 2 {
			t.Errorf("thing %s was added to %d of two groups", thing.Name, n)
		}
	}
	return string(r.CA().PEM())
}
