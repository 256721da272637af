package dynamodb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateTableErrors(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	// table is a CreateTable with the keys pk (HASH) and sk (RANGE) and more definitions.
	table := func(defined, more string) string {
		var definitions []string
		for _, name := range strings.Fields(defined) {
			definitions = append(definitions, `{"AttributeName":"`+name+`","AttributeType":"S"}`)
		}
		return `{"TableName":"new","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"AttributeDefinitions":[` + strings.Join(definitions, ",") + `]` + more + `}`
	}
	index := func(name, hash, rng, more string) string {
		key := `{"AttributeName":"` + hash + `","KeyType":"HASH"}`
		if rng != "" {
			key += `,{"AttributeName":"` + rng + `","KeyType":"RANGE"}`
		}
		return `{"IndexName":"` + name + `","KeySchema":[` + key + `]` + more + `}`
	}
	const all = `,"Projection":{"ProjectionType":"ALL"}`
	var many []string
	for i := range 21 {
		many = append(many, index(fmt.Sprint("index", i), "sk", "", all))
	}
	runRaw(t, e, []rawRow{
		{"the name is taken", "CreateTable", simpleTable("table", onDemand), "ResourceInUseException: Table already exists: table"},
		{"no throughput", "CreateTable", simpleTable("new", ""), parameter + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		{"throughput on demand", "CreateTable", simpleTable("new", onDemand+provisioned), parameter + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{"throughput beyond all bounds", "CreateTable", simpleTable("new", `,"ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1}`), "ValidationException: Given value 1000000000001 for ReadCapacityUnits is out of bounds"},
		{"more keys than definitions", "CreateTable", table("pk", ""), "ValidationException: Invalid KeySchema: Some index key attribute have no definition"},
		{"a key is not defined", "CreateTable", table("pk x", ""), parameter + "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk, sk], AttributeDefinitions: [pk, x]"},
		{"a definition is not used", "CreateTable", table("pk sk x", ""), parameter + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{"a definition is not used with indexes", "CreateTable", table("pk sk x", `,"GlobalSecondaryIndexes":[`+index("index", "sk", "", all)+`]`), parameter + "Some AttributeDefinitions are not used. AttributeDefinitions: [pk, sk, x], keys used: [pk, sk]"},
		{"no local index in the list", "CreateTable", table("pk sk", `,"LocalSecondaryIndexes":[]`), parameter + "List of LocalSecondaryIndexes is empty"},
		{"no global index in the list", "CreateTable", table("pk sk", `,"GlobalSecondaryIndexes":[]`), parameter + "List of GlobalSecondaryIndexes is empty"},
		{"a local index of a table without range key", "CreateTable", simpleTable("new", onDemand+`,"LocalSecondaryIndexes":[`+index("index", "pk", "", all)+`]`), parameter + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"},
		{"a local index without range key", "CreateTable", table("pk sk", `,"LocalSecondaryIndexes":[`+index("index", "pk", "", all)+`]`), parameter + "Index KeySchema does not have a range key for index: index"},
		{"a local index of another hash key", "CreateTable", table("pk sk x", `,"LocalSecondaryIndexes":[`+index("index", "sk", "x", all)+`]`), parameter + "Index KeySchema does not have the same leading hash key as table KeySchema for index: index. index hash key: sk, table hash key: pk"},
		{"a name for two indexes", "CreateTable", table("pk sk", `,"LocalSecondaryIndexes":[`+index("index", "pk", "sk", all)+`],"GlobalSecondaryIndexes":[`+index("index", "sk", "", all)+`]`), parameter + "Duplicate index name: index"},
		{"no projection type", "CreateTable", table("pk sk", `,"GlobalSecondaryIndexes":[`+index("index", "sk", "", `,"Projection":{}`)+`]`), parameter + "Unknown ProjectionType: null"},
		{"attributes beside ALL", "CreateTable", table("pk sk", `,"GlobalSecondaryIndexes":[`+index("index", "sk", "", `,"Projection":{"ProjectionType":"ALL","NonKeyAttributes":["a"]}`)+`]`), parameter + "ProjectionType is ALL, but NonKeyAttributes is specified"},
		{"INCLUDE of nothing", "CreateTable", table("pk sk", `,"GlobalSecondaryIndexes":[`+index("index", "sk", "", `,"Projection":{"ProjectionType":"INCLUDE"}`)+`]`), parameter + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
		{"an index with throughput on demand", "CreateTable", table("pk sk", `,"GlobalSecondaryIndexes":[`+index("index", "sk", "", all+provisioned)+`]`), parameter + "ProvisionedThroughput should not be specified for index: index when BillingMode is PAY_PER_REQUEST"},
		{"21 global indexes", "CreateTable", table("pk sk", `,"GlobalSecondaryIndexes":[`+strings.Join(many, ",")+`]`), parameter + "GlobalSecondaryIndex count exceeds the per-table limit of 20"},
		{"a view of no stream", "CreateTable", simpleTable("new", onDemand+`,"StreamSpecification":{"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"}`), parameter + "Table is being created with a stream disabled, UpdateViewType should not be specified"},
		{"a tag of AWS's own", "CreateTable", simpleTable("new", onDemand+`,"Tags":[{"Key":"aws:x","Value":""}]`), parameter + "Tag keys that begin with aws: are reserved: aws:x"},
	})
	if names := must(t, e, "ListTables", `{}`)["TableNames"]; len(names.([]any)) != 1 {
		t.Errorf("tables %v: a refused one is there", names)
	}
}

func TestUpdateTableErrors(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("demand", onDemand))
	must(t, e, "CreateTable", simpleTable("table", provisioned+`,"GlobalSecondaryIndexes":[{"IndexName":"index","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}`+provisioned+`}]`))
	const same = "The requested value equals the current value. Current ReadCapacityUnits provisioned for the %[1]s: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the %[1]s: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
	create := func(name, defined string) string {
		return `,"AttributeDefinitions":[{"AttributeName":"` + defined + `","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"` + name + `","KeySchema":[{"AttributeName":"x","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]}`
	}
	runRaw(t, e, []rawRow{
		{"the same throughput", "UpdateTable", `{"TableName":"table"` + provisioned + `}`, "ValidationException: The provisioned throughput for the table will not change. " + fmt.Sprintf(same, "table")},
		{"the same throughput of an index", "UpdateTable", `{"TableName":"table","GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"index"` + provisioned + `}}]}`, "ValidationException: The provisioned throughput for the index index will not change. " + fmt.Sprintf(same, "index")},
		{"throughput on demand", "UpdateTable", `{"TableName":"demand"` + provisioned + `}`, parameter + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{"provisioned without throughput", "UpdateTable", `{"TableName":"demand","BillingMode":"PROVISIONED"}`, parameter + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
		{"an update of nothing", "UpdateTable", `{"TableName":"demand","GlobalSecondaryIndexUpdates":[{}]}`, parameter + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null"},
		{"two updates of one index", "UpdateTable", `{"TableName":"demand","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"index"}},{"Delete":{"IndexName":"index"}}]}`, parameter + "Only one global secondary index update per index is allowed simultaneously. Index: index"},
		{"an index that is not there", "UpdateTable", `{"TableName":"demand","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"index"}}]}`, "ResourceNotFoundException: Requested resource not found"},
		{"an index that is there", "UpdateTable", `{"TableName":"table"` + create("index", "x"), "ValidationException: Attempting to create an index which already exists"},
		{"a key that is not defined", "UpdateTable", `{"TableName":"demand"` + create("new", "y"), parameter + "Some index key attributes are not defined in AttributeDefinitions. Keys: [x], AttributeDefinitions: [y]"},
		{"an index without throughput", "UpdateTable", `{"TableName":"table"` + create("new", "x"), parameter + "ProvisionedThroughput must be specified for index: new"},
		{"no stream to end", "UpdateTable", `{"TableName":"table","StreamSpecification":{"StreamEnabled":false}}`, "ValidationException: Table is already in desired state: StreamEnabled: false"},
	})
	if got := at(must(t, e, "DescribeTable", `{"TableName":"demand"}`), "Table", "AttributeDefinitions"); len(got.([]any)) != 1 {
		t.Errorf("a refused update left %v", got)
	}
}

// TestThroughput follows the throughput of a table and what it tells of its changes.
func TestThroughput(t *testing.T) {
	now := time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC)
	e := rawEngine(t, func(o *Options) { o.Clock = func() time.Time { return now } })
	must(t, e, "CreateTable", simpleTable("table", provisioned))
	update := func(read, write int) any {
		now = now.Add(time.Minute)
		must(t, e, "UpdateTable", fmt.Sprintf(`{"TableName":"table","ProvisionedThroughput":{"ReadCapacityUnits":%d,"WriteCapacityUnits":%d}}`, read, write))
		return at(must(t, e, "DescribeTable", `{"TableName":"table"}`), "Table", "ProvisionedThroughput")
	}
	start := float64(now.Unix())
	for _, row := range []struct {
		why         string
		read, write int
		want        map[string]any
	}{
		{"more", 7, 5, map[string]any{"LastIncreaseDateTime": start + 60, "NumberOfDecreasesToday": 0.}},
		{"less", 7, 4, map[string]any{"LastIncreaseDateTime": start + 60, "LastDecreaseDateTime": start + 120, "NumberOfDecreasesToday": 1.}},
		{"both", 6, 9, map[string]any{"LastIncreaseDateTime": start + 180, "LastDecreaseDateTime": start + 180, "NumberOfDecreasesToday": 2.}},
	} {
		row.want["ReadCapacityUnits"], row.want["WriteCapacityUnits"] = float64(row.read), float64(row.write)
		if diff := cmp.Diff(row.want, update(row.read, row.write)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.why, diff)
		}
	}
	now = now.Add(time.Hour) // the next day
	if n := at(must(t, e, "DescribeTable", `{"TableName":"table"}`), "Table", "ProvisionedThroughput", "NumberOfDecreasesToday"); n != 0. {
		t.Errorf("%v decreases on a new day", n)
	}
	must(t, e, "UpdateTable", `{"TableName":"table"`+onDemand+`}`)
	got := at(must(t, e, "DescribeTable", `{"TableName":"table"}`), "Table", "BillingModeSummary")
	if diff := cmp.Diff(map[string]any{"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": float64(now.Unix())}, got); diff != "" {
		t.Error(diff)
	}
	must(t, e, "UpdateTable", `{"TableName":"table","BillingMode":"PROVISIONED"`+provisioned+`}`)
	if got := at(must(t, e, "DescribeTable", `{"TableName":"table"}`), "Table", "BillingModeSummary", "BillingMode"); got != "PROVISIONED" {
		t.Errorf("billing mode %v", got)
	}
}

// TestIndexLife adds an index to a table with items, uses and deletes it.
func TestIndexLife(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	for _, item := range []string{`"x":{"S":"a"}`, `"x":{"N":"1"}`, `"y":{"S":"a"}`} { // fits, another type, not there
		must(t, e, "PutItem", `{"TableName":"table","Item":{"pk":{"S":"`+item[1:2]+item[6:7]+`"},`+item+`}}`)
	}
	must(t, e, "UpdateTable", `{"TableName":"table","AttributeDefinitions":[{"AttributeName":"x","AttributeType":"S"},{"AttributeName":"pk","AttributeType":"N"},{"AttributeName":"unused","AttributeType":"S"}],
"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byX","KeySchema":[{"AttributeName":"x","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]}`)
	described := at(must(t, e, "DescribeTable", `{"TableName":"table"}`), "Table")
	want := []any{map[string]any{"AttributeName": "pk", "AttributeType": "S"}, map[string]any{"AttributeName": "x", "AttributeType": "S"}}
	if diff := cmp.Diff(want, at(described, "AttributeDefinitions")); diff != "" { // what was defined stays, what is no key goes
		t.Error(diff)
	}
	if n := at(must(t, e, "Scan", `{"TableName":"table","IndexName":"byX"}`), "Count"); n != 1. {
		t.Errorf("%v items in the index, want 1", n)
	}
	must(t, e, "UpdateTable", `{"TableName":"table","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"byX"}}]}`)
	runRaw(t, e, []rawRow{{"the index is gone", "Scan", `{"TableName":"table","IndexName":"byX"}`, "ValidationException: The table does not have the specified index: byX"}})
	must(t, e, "PutItem", `{"TableName":"table","Item":{"pk":{"S":"p"},"x":{"N":"1"}}}`) // x may be anything again
}

func TestListTables(t *testing.T) {
	e := rawEngine(t)
	for _, name := range []string{"ccc", "aaa", "bbb"} {
		must(t, e, "CreateTable", simpleTable(name, onDemand))
	}
	for _, row := range []struct{ why, body, names, last string }{
		{"all", `{}`, "[aaa bbb ccc]", "<nil>"},
		{"a page", `{"Limit":2}`, "[aaa bbb]", "bbb"},
		{"a page that ends exactly", `{"Limit":3}`, "[aaa bbb ccc]", "<nil>"},
		{"behind a name that is not there", `{"ExclusiveStartTableName":"abc","Limit":1}`, "[bbb]", "bbb"},
		{"behind the last", `{"ExclusiveStartTableName":"ccc"}`, "[]", "<nil>"},
	} {
		answer := must(t, e, "ListTables", row.body)
		if names, last := fmt.Sprint(answer["TableNames"]), fmt.Sprint(answer["LastEvaluatedTableName"]); names != row.names || last != row.last {
			t.Errorf("%s: %s, last %s", row.why, names, last)
		}
	}
}

func TestTags(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand+`,"Tags":[{"Key":"a","Value":"1"}]`))
	const arn = `"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/table"`
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprintf(`{"Key":"k%d","Value":""}`, i))
	}
	runRaw(t, e, []rawRow{
		{"no resource", "ListTagsOfResource", `{}`, "ValidationException: Invalid TableArn"},
		{"no ARN", "TagResource", `{"ResourceArn":"table","Tags":[]}`, "ValidationException: ARNs must start with 'arn:': table"},
		{"the ARN of something else", "TagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:index/table","Tags":[]}`, "ValidationException: Invalid TableArn: Invalid ResourceArn provided as input arn:aws:dynamodb:us-east-1:000000000000:index/table"},
		{"another account", "ListTagsOfResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/table"}`, "AccessDeniedException: User: arn:aws:iam::000000000000:root is not authorized to perform: dynamodb:ListTagsOfResource on resource: arn:aws:dynamodb:us-east-1:123456789012:table/table"},
		{"no table", "UntagResource", `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/none","TagKeys":["a"]}`, "ResourceNotFoundException: Requested resource not found: ResourcArn: arn:aws:dynamodb:us-east-1:000000000000:table/none not found"},
		{"no tags", "TagResource", `{` + arn + `,"Tags":[]}`, "ValidationException: Atleast one Tag needs to be provided as Input."},
		{"no keys", "UntagResource", `{` + arn + `,"TagKeys":[]}`, "ValidationException: Atleast one Tag Key needs to be provided as Input."},
		{"a long key", "TagResource", `{` + arn + `,"Tags":[{"Key":"` + strings.Repeat("k", 129) + `","Value":""}]}`, violation + "Value '" + strings.Repeat("k", 129) + "' at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128"},
		{"AWS's own", "TagResource", `{` + arn + `,"Tags":[{"Key":"AWS:x","Value":""}]}`, parameter + "Tag keys that begin with aws: are reserved: AWS:x"},
		{"51 tags", "TagResource", `{` + arn + `,"Tags":[` + strings.Join(many, ",") + `]}`, "ValidationException: Number of Tags exceed the current limit for the provided ResourceArn"},
	})
	must(t, e, "TagResource", `{`+arn+`,"Tags":[{"Key":"a","Value":"2"},{"Key":"b","Value":""}]}`)
	must(t, e, "UntagResource", `{`+arn+`,"TagKeys":["none"]}`)
	want := []any{map[string]any{"Key": "a", "Value": "2"}, map[string]any{"Key": "b", "Value": ""}}
	if diff := cmp.Diff(want, must(t, e, "ListTagsOfResource", `{`+arn+`}`)["Tags"]); diff != "" {
		t.Error(diff)
	}
}

func TestTimeToLive(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	update := func(attribute string, enabled bool) string {
		return fmt.Sprintf(`{"TableName":"table","TimeToLiveSpecification":{"AttributeName":"%s","Enabled":%v}}`, attribute, enabled)
	}
	runRaw(t, e, []rawRow{{"off already", "UpdateTimeToLive", update("x", false), "ValidationException: TimeToLive is already disabled"}})
	must(t, e, "UpdateTimeToLive", update("x", true))
	runRaw(t, e, []rawRow{
		{"on already", "UpdateTimeToLive", update("x", true), "ValidationException: TimeToLive is already enabled"},
		{"one attribute for a table", "UpdateTimeToLive", update("y", true), "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is x"},
		{"off for another", "UpdateTimeToLive", update("y", false), "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is x"},
	})
	want := map[string]any{"TimeToLiveStatus": "ENABLED", "AttributeName": "x"}
	if diff := cmp.Diff(want, must(t, e, "DescribeTimeToLive", `{"TableName":"table"}`)["TimeToLiveDescription"]); diff != "" {
		t.Error(diff)
	}
}

func TestContinuousBackups(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	got := at(must(t, e, "DescribeContinuousBackups", `{"TableName":"table"}`), "ContinuousBackupsDescription", "PointInTimeRecoveryDescription", "PointInTimeRecoveryStatus")
	if got != "DISABLED" {
		t.Errorf("recovery %v", got)
	}
}

// TestDefinitionSurvives reopens an engine and asks for the same table.
func TestDefinitionSurvives(t *testing.T) {
	dir := t.TempDir()
	e, closeLog := open(t, dir)
	must(t, e, "CreateTable", simpleTable("table", provisioned))
	must(t, e, "UpdateTable", `{"TableName":"table","ProvisionedThroughput":{"ReadCapacityUnits":4,"WriteCapacityUnits":6}}`)
	must(t, e, "UpdateTable", `{"TableName":"table","AttributeDefinitions":[{"AttributeName":"x","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byX","KeySchema":[{"AttributeName":"x","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}`+provisioned+`}}]}`)
	must(t, e, "UpdateTable", `{"TableName":"table","BillingMode":"PAY_PER_REQUEST","DeletionProtectionEnabled":true,"TableClass":"STANDARD_INFREQUENT_ACCESS"}`)
	before := must(t, e, "DescribeTable", `{"TableName":"table"}`)
	closeLog()
	e, closeLog = open(t, dir)
	defer closeLog()
	if diff := cmp.Diff(before, must(t, e, "DescribeTable", `{"TableName":"table"}`)); diff != "" {
		t.Error(diff)
	}
}
