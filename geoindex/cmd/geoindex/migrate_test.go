package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws"
)

// oldPoints are places near cities, over the antimeridian and at a pole, with attributes of
// every type.
func oldPoints(n, bytes int) []geoindex.Point {
	r := rand.New(rand.NewPCG(3, 3))
	var points []geoindex.Point
	for i := range n {
		center := []geoindex.LatLng{{Lat: 51.5, Lng: -0.1}, {Lat: -16.8, Lng: 179.9}, {Lat: 23.958, Lng: -4.808}, {Lat: 89.9, Lng: 40}}[i%4]
		at := geoindex.LatLng{Lat: center.Lat + 0.09*r.Float64(), Lng: center.Lng + 0.09*r.Float64()}
		points = append(points, geoindex.NewPoint(at, fmt.Sprintf("id-%d", i), map[string]types.AttributeValue{
			"text": &types.AttributeValueMemberS{Value: strings.Repeat("x", bytes)},
			"tags": &types.AttributeValueMemberSS{Value: []string{"b", "a"}},
			"more": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"n": &types.AttributeValueMemberN{Value: "1"}}},
		}))
	}
	return points
}

// oldTable makes a table of dynamodb-geo and fills it.
func oldTable(t *testing.T, client geoindex.DynamoDB, points []geoindex.Point) *geoindex.Table {
	t.Helper()
	old, err := geoindex.New(client, "old", func(o *geoindex.Options) { o.Compat = geoindex.CompatNPM() })
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := old.PutBatch(t.Context(), slices.Values(points)); err != nil {
		t.Fatal(err)
	}
	return old
}

// wantTable compares the new table with the points that should be in it.
func wantTable(t *testing.T, client geoindex.DynamoDB, want []geoindex.Point) {
	t.Helper()
	table, err := geoindex.New(client, "new")
	if err != nil {
		t.Fatal(err)
	}
	m := migration{client: client}
	got := map[geoindex.Key]geoindex.Point{}
	for points := range m.scan(t.Context(), table, nil, true) {
		if points.err != nil {
			t.Fatal(points.err)
		}
		for _, p := range points.list {
			got[p.Key] = p
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d items, want %d", len(got), len(want))
	}
	for _, p := range want {
		if !same(got[p.Key], p) {
			t.Errorf("%s is %+v, want %+v", p.Key, got[p.Key], p)
		}
	}
}

// TestMigrate migrates a table that changes meanwhile.
func TestMigrate(t *testing.T) {
	s := newSession(t)
	points := oldPoints(400, 10)
	old := oldTable(t, s.client, points)
	args := []string{"migrate", "-from", "old", "-compat", "npm", "-table", "new", "-create", "-state", filepath.Join(s.dir, "state")}
	if status, stdout, stderr := s.run(args...); status != 0 || !strings.Contains(stdout, "400 items copied") || !strings.Contains(stdout, "finish with -final") {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	wantTable(t, s.client, points)

	ctx := t.Context()
	changed, err := old.Update(ctx, points[0].Key, expression.Set(expression.Name("text"), expression.Value("changed")))
	if err != nil {
		t.Fatal(err)
	}
	near, err := old.Move(ctx, points[1].Key, geoindex.LatLng{Lat: -16.75, Lng: 179.91})
	if err != nil {
		t.Fatal(err)
	}
	far, err := old.Move(ctx, points[2].Key, geoindex.LatLng{Lat: 40, Lng: -74})
	if err != nil {
		t.Fatal(err)
	}
	fresh := geoindex.NewPoint(geoindex.LatLng{Lat: 1, Lng: 1}, "fresh", map[string]types.AttributeValue{})
	if err := old.Put(ctx, fresh); err != nil {
		t.Fatal(err)
	}
	if err := old.Delete(ctx, points[3].Key); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := s.run(append(args, "-final")...)
	if status != 0 || !strings.Contains(stdout, "pass 1: 400 items, 4 put, 3 removed") || !strings.Contains(stdout, "all 400 items are the same\n") {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	wantTable(t, s.client, append([]geoindex.Point{changed, near, far, fresh}, points[4:]...))

	// What is done stays: the new table has writers of its own by now.
	table, err := geoindex.New(s.client, "new")
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Delete(ctx, fresh.Key); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := s.run(args...); status != 0 || !strings.Contains(stdout, "nothing is to be done") {
		t.Errorf("status %d: %s", status, stdout)
	}
	wantTable(t, s.client, append([]geoindex.Point{changed, near, far}, points[4:]...))
}

// TestMigrateKilled kills the command at several of its writes; at last it goes on to the end.
func TestMigrateKilled(t *testing.T) {
	local, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	client := dynamodb.NewFromConfig(local.Config())
	points := oldPoints(2000, 3000) // six pages
	oldTable(t, client, points)
	var mu sync.Mutex
	var cmd *exec.Cmd
	writes, killed := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "BatchWriteItem") {
			mu.Lock()
			if writes++; writes%20 == 0 && killed < 3 {
				killed++
				_ = cmd.Process.Kill() // SIGKILL
			}
			mu.Unlock()
		}
		local.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	name := filepath.Join(dir, "state")
	args := []string{"migrate", "-endpoint", server.URL, "-from", "old", "-compat", "npm", "-table", "new", "-create", "-final", "-state", name}
	for run := 1; ; run++ {
		mu.Lock()
		var out bytes.Buffer
		cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.Env = append(os.Environ(), runAsCommand+"=1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=us-east-1", "NO_PROXY=127.0.0.1")
		err := cmd.Start()
		mu.Unlock()
		if err == nil {
			err = cmd.Wait()
		}
		if err == nil {
			if !strings.Contains(out.String(), "all 2000 items are the same") {
				t.Fatalf("run %d: %s", run, &out)
			}
			break
		}
		if run > 6 {
			t.Fatalf("run %d: %v: %s", run, err, &out)
		}
		if !strings.Contains(err.Error(), "killed") { // it goes on after a failed request, too
			t.Logf("run %d: %v: %s", run, err, &out)
			continue
		}
		s, err := openState(name, "old", "new")
		if err != nil || s.Copied {
			t.Fatalf("killed in the middle: %+v, %v", s, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if killed != 3 || writes > 80+3*20 { // a page of 16 or so again after each kill
		t.Errorf("killed %d times, %d requests that write", killed, writes)
	}
	wantTable(t, client, points)
}

func TestMigrateRefuses(t *testing.T) {
	s := newSession(t)
	points := oldPoints(3, 1)
	oldTable(t, s.client, points)
	state := filepath.Join(s.dir, "state")
	other := s.file("other", `{"From":"another","To":"new"}`)
	broken := s.file("broken", `{`)
	for _, c := range []struct {
		why    string
		args   []string
		status int
		want   string
	}{
		{"no old table", []string{"-compat", "npm", "-table", "new", "-state", state}, 2, "-from, -compat and -state"},
		{"no layout", []string{"-from", "old", "-table", "new", "-state", state}, 2, "-from, -compat and -state"},
		{"a layout that is none", []string{"-from", "old", "-compat", "perl", "-table", "new", "-create", "-state", state}, 1, "npm or java"},
		{"hash keys of another length", []string{"-from", "old", "-compat", "java", "-table", "new", "-create", "-state", state}, 1, "hash key of"},
		{"the state of another migration", []string{"-from", "old", "-compat", "npm", "-table", "new", "-create", "-state", other}, 1, "is of the tables another and new"},
		{"a state that is none", []string{"-from", "old", "-compat", "npm", "-table", "new", "-create", "-state", broken}, 1, "state file"},
		{"a table of the old layout", []string{"-from", "old", "-compat", "npm", "-table", "old", "-state", state}, 1, "another layout"},
		{"names that are four", []string{"-from", "old", "-compat", "npm", "-names", "a,b,c,d", "-table", "new", "-create", "-state", state}, 1, "five names"},
		{"help", []string{"-h"}, 0, "until a pass finds\nnothing"},
	} {
		if status, _, stderr := s.run(append([]string{"migrate"}, c.args...)...); status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, errors %q; want %d, %q", c.why, status, stderr, c.status, c.want)
		}
	}
	table, err := geoindex.New(s.client, "new")
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Put(t.Context(), points[0]); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := s.run("migrate", "-from", "old", "-compat", "npm", "-table", "new", "-state", state); status != 1 || !strings.Contains(stderr, "begins with an empty table") {
		t.Errorf("a table that has items: status %d, errors %q", status, stderr)
	}
}

func TestPlanAndAdvise(t *testing.T) {
	s := newSession(t)
	oldTable(t, s.client, oldPoints(400, 10))
	csv := s.file("points.csv", "lat,lng\n51.5,-0.1\n51.6,-0.2\nnorth,0\n")
	for _, c := range []struct {
		why    string
		args   []string
		status int
		want   []string
	}{
		{"a disc", []string{"plan", "-table", "old", "-compat", "npm", "-center", "51.5,-0.1", "-radius", "20km", "-run"}, 0,
			[]string{"without statistics", "found 100 of 100 items", "of 13 cells in 2 partitions, about 1", "  52 "}},
		{"a box over the antimeridian", []string{"plan", "-table", "old", "-compat", "npm", "-box", "-17,179,-16,-179", "-run"}, 0, []string{"found 100 of"}},
		{"no region", []string{"plan", "-table", "old", "-compat", "npm"}, 1, []string{"-center"}},
		{"too many hash keys", []string{"plan", "-table", "old", "-compat", "java", "-center", "0,0", "-radius", "5000km"}, 1, []string{"32768 partitions"}},
		{"advice of a table", []string{"advise", "-table", "old", "-compat", "npm", "-radii", "1mi,5km"}, 0, []string{"of a sample of 400 points: level ", "5000 m: "}},
		{"advice of a file", []string{"advise", "-file", csv, "-items", "1e6", "-writes", "3000"}, 0, []string{"of a sample of 2 points", "3 shards"}},
		{"a radius that is none", []string{"advise", "-file", csv, "-radii", "far"}, 1, []string{"-radii"}},
	} {
		status, stdout, stderr := s.run(c.args...)
		for _, want := range c.want {
			if status != c.status || !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s: status %d, want %d and %q:\n%s%s", c.why, status, c.status, want, stdout, stderr)
			}
		}
	}
}
