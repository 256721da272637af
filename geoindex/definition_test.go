package geoindex

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
)

var update = flag.Bool("update", false, "write golden files")

func withIndexes(o *Options) {
	o.FeedLevel, o.OwnerAttribute, o.TimeAttribute, o.TTLAttribute = 11, "user", "at", "ttl"
}

func withEverything(o *CreateOptions) {
	o.ReadUnits, o.WriteUnits, o.Stream = 7, 3, types.StreamViewTypeNewAndOldImages
	o.Tags, o.DeletionProtection = map[string]string{"team": "maps", "cost": "42"}, true
}

func TestOptionsOfIndexes(t *testing.T) {
	for why, fn := range map[string]func(*Options){
		"a feed without a time":         func(o *Options) { o.FeedLevel = 11 },
		"owners without a time":         func(o *Options) { o.OwnerAttribute = "user" },
		"a feed too coarse":             func(o *Options) { o.FeedLevel, o.TimeAttribute = 3, "at" },
		"a feed too fine":               func(o *Options) { o.FeedLevel, o.TimeAttribute = 21, "at" },
		"an owner in the key":           func(o *Options) { o.OwnerAttribute, o.TimeAttribute = "pk", "at" },
		"a time in the location":        func(o *Options) { o.FeedLevel, o.TimeAttribute = 11, "l" },
		"one attribute for both":        func(o *Options) { o.OwnerAttribute, o.TimeAttribute = "at", "at" },
		"expiry by the feed's time":     func(o *Options) { o.FeedLevel, o.TimeAttribute, o.TTLAttribute = 11, "at", "at" },
		"an owner in the feed's column": func(o *Options) { o.OwnerAttribute, o.TimeAttribute = "fc", "at" },
	} {
		if _, err := New(&fake{}, "t", fn); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

func TestCreateWithEverything(t *testing.T) {
	client := newEngine(t)
	table := newTable(t, client, withIndexes)
	if err := table.Create(t.Context(), withEverything); err != nil {
		t.Fatal(err)
	}
	if err := table.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	got, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table.Name())})
	if err != nil {
		t.Fatal(err)
	}
	d := got.Table
	if !aws.ToBool(d.DeletionProtectionEnabled) || len(d.GlobalSecondaryIndexes) != 2 || d.StreamSpecification == nil {
		t.Errorf("protection %v, %d indexes, stream %v", d.DeletionProtectionEnabled, len(d.GlobalSecondaryIndexes), d.StreamSpecification)
	}
	for _, g := range d.GlobalSecondaryIndexes {
		if aws.ToInt64(g.ProvisionedThroughput.ReadCapacityUnits) != 7 || aws.ToInt64(g.ProvisionedThroughput.WriteCapacityUnits) != 3 {
			t.Errorf("index %s: throughput %+v", *g.IndexName, g.ProvisionedThroughput)
		}
	}
	if err := newTable(t, client).Create(t.Context(), func(o *CreateOptions) { o.Stream = "ALL" }); !errors.Is(err, ErrInvalid) {
		t.Errorf("a view type that is none: error %v, want ErrInvalid", err)
	}
}

func TestVerify(t *testing.T) {
	client := newEngine(t)
	describe := func(fn func(*Options)) *LayoutError {
		t.Helper()
		err := newTable(t, client, fn).Verify(t.Context())
		var e *LayoutError
		if err != nil && (!errors.As(err, &e) || !errors.Is(err, ErrLayout)) {
			t.Fatal(err)
		}
		return e
	}
	if err := newTable(t, client).Verify(t.Context()); !errors.Is(err, ErrNoTable) {
		t.Errorf("no table: error %v, want ErrNoTable", err)
	}
	table := created(t, client)
	if err := table.Verify(t.Context()); err != nil {
		t.Errorf("an empty table: %v", err)
	}
	if err := table.Put(t.Context(), statue); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why  string
		opt  func(*Options)
		want []Difference
	}{
		{"the same options", func(*Options) {}, nil},
		{"options of reading alone", func(o *Options) { o.MaxCells = 64 }, nil},
		{"another level", func(o *Options) { o.Level = 4 }, []Difference{{"level", "4", "6"}}},
		{"expiry and indexes", withIndexes, []Difference{
			{"index feed", "fc (S, HASH), at (N, RANGE), projection ALL", "none"},
			{"index owner", "user (S, HASH), at (N, RANGE), projection ALL", "none"},
			{"attribute of expiry", "ttl", "none"},
		}},
	} {
		var got []Difference
		if e := describe(c.opt); e != nil {
			got = e.Differences
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
}

// TestVerifyOfOthers: tables that this package did not create.
func TestVerifyOfOthers(t *testing.T) {
	client := newEngine(t)
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("places"), BillingMode: types.BillingModePayPerRequest, // as dynamodb-geo has it
		KeySchema: keySchema("hashKey", "rangeKey"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("hashKey"), AttributeType: types.ScalarAttributeTypeN},
			{AttributeName: aws.String("rangeKey"), AttributeType: types.ScalarAttributeTypeS},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	table, err := New(client, "places")
	if err != nil {
		t.Fatal(err)
	}
	var e *LayoutError
	if err := table.Verify(t.Context()); !errors.As(err, &e) {
		t.Fatalf("error %v, want a LayoutError", err)
	}
	want := []Difference{{"key", "pk (S, HASH), sk (B, RANGE)", "hashKey (N, HASH), rangeKey (S, RANGE)"}}
	if diff := cmp.Diff(want, e.Differences); diff != "" {
		t.Error(diff)
	}
	const text = "geoindex: table places has another layout: key is hashKey (N, HASH), rangeKey (S, RANGE), not pk (S, HASH), sk (B, RANGE)"
	if e.Error() != text {
		t.Errorf("error %q", e)
	}
}

func templates(t testing.TB) map[string][]byte {
	plain, err := New(&fake{}, "places")
	if err != nil {
		t.Fatal(err)
	}
	indexed, err := New(&fake{}, "questions", withIndexes)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	if out["plain"], err = plain.Template(); err != nil {
		t.Fatal(err)
	}
	out["everything"], err = indexed.Template(func(o *TemplateOptions) {
		withEverything(&o.CreateOptions)
		o.LogicalID, o.PointInTimeRecovery, o.Delete = "Questions", true, true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTemplate(t *testing.T) {
	for name, got := range templates(t) {
		file := filepath.Join("testdata", "template-"+name+".json")
		got = append(got, '\n')
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))), string(got)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	table := newTable(t, &fake{})
	if _, err := table.Template(func(o *TemplateOptions) { o.LogicalID = "a-b" }); !errors.Is(err, ErrInvalid) {
		t.Errorf("a logical id with a hyphen: error %v, want ErrInvalid", err)
	}
	if _, err := table.Template(func(o *TemplateOptions) { o.ReadUnits = 1 }); !errors.Is(err, ErrInvalid) {
		t.Errorf("read units alone: error %v, want ErrInvalid", err)
	}
}

// TestTemplateIsTheTable holds the template to what Create sends, by way of their JSON,
// whose members have the same names.
func TestTemplateIsTheTable(t *testing.T) {
	table := newTable(t, &fake{}, withIndexes)
	var o TemplateOptions
	withEverything(&o.CreateOptions)
	text, err := json.Marshal(table.properties(o))
	if err != nil {
		t.Fatal(err)
	}
	var got dynamodb.CreateTableInput
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := table.definition(o.CreateOptions)
	want.StreamSpecification.StreamEnabled = nil // CloudFormation's has no such member
	wantText, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	gotText, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(wantText), string(gotText)); diff != "" {
		t.Error(diff)
	}
}

// TestTemplateByCfnLint asks a linter that nobody here wrote, which takes its time.
func TestTemplateByCfnLint(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("ASKAROUND_SLOW=1 asks cfn-lint")
	}
	lint := foreign.Need(t, "cfn-lint")
	files := []string{"--regions", "eu-central-1", "--"}
	for name := range templates(t) {
		files = append(files, filepath.Join("testdata", "template-"+name+".json"))
	}
	if out, err := exec.Command(lint, files...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
