package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// active waits until a table and its indexes can be used.
func active(ctx context.Context, db *dynamodb.Client, name string) error {
	return until(ctx, func() (bool, error) {
		out, err := db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if err != nil {
			return false, err
		}
		busy := func(x types.GlobalSecondaryIndexDescription) bool { return x.IndexStatus != types.IndexStatusActive }
		return out.Table.TableStatus == types.TableStatusActive && !slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, busy), nil
	})
}

func (s *scene) describe(table string) *types.TableDescription {
	out, err := s.db.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: &table})
	s.must(err)
	return out.Table
}

// indexWords writes what was described of an index.
func indexWords(name *string, keys []types.KeySchemaElement, p *types.Projection) string {
	include := slices.Sorted(slices.Values(p.NonKeyAttributes))
	return strings.Join(append([]string{*name, keyWords(keys), string(p.ProjectionType)}, include...), " ")
}

func keyWords(keys []types.KeySchemaElement) string {
	var parts []string
	for _, k := range keys {
		parts = append(parts, *k.AttributeName+"="+string(k.KeyType))
	}
	return strings.Join(parts, ",")
}

func describedIndexes(d *types.TableDescription) (all []string) {
	for _, x := range d.LocalSecondaryIndexes {
		all = append(all, indexWords(x.IndexName, x.KeySchema, x.Projection))
	}
	for _, x := range d.GlobalSecondaryIndexes {
		all = append(all, indexWords(x.IndexName, x.KeySchema, x.Projection))
	}
	slices.Sort(all)
	return all
}

var tableCases = []testCase{
	{"a description tells what was created", describesTable},
	{"a table is there once", func(s *scene) {
		name := s.table(plainTable)
		s.refused("twice", create(s.ctx, s.db, name, plainTable), "ResourceInUseException", "")
	}},
	{"a deleted table is gone, and its name free", func(s *scene) {
		name := s.table(plainTable)
		s.put(name, item{"pk": "x"})
		_, err := s.db.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: &name})
		s.must(err)
		_, err = s.db.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: &name})
		s.refused("describe", err, "ResourceNotFoundException", "Requested resource not found: Table: "+name+" not found")
		s.must(create(s.ctx, s.db, name, plainTable))
		s.want("items of the new table", len(s.scan(name, nil)), 0)
	}},
	{"what does not exist is not found", func(s *scene) {
		_, err := s.db.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: aws.String("nowhere")})
		s.refused("delete", err, "ResourceNotFoundException", "Requested resource not found: Table: nowhere not found")
		_, err = s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: aws.String("nowhere"), Item: attributes(item{"pk": "x"})})
		s.refused("put", err, "ResourceNotFoundException", "Requested resource not found")
		_, err = s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: aws.String("nowhere")})
		s.refused("scan", err, "ResourceNotFoundException", "Requested resource not found")
	}},
	{"names are listed in pages", listsTables},
	{"a protected table is not deleted", protectsTable},
	{"definitions are of the keys, all and alone", refusesDefinitions},
	{"billing modes switch", switchesBilling},
	{"an added index is filled from the table", backfills},
	{"a deleted index is gone", deletesIndex},
	{"an update that asks for nothing is refused", func(s *scene) {
		name := s.table(plainTable)
		_, err := s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name})
		s.invalid("nothing", err, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}},
}

func describesTable(s *scene) {
	d := s.describe(s.table(thread))
	s.want("status", d.TableStatus, types.TableStatusActive)
	s.want("key", keyWords(d.KeySchema), "pk=HASH,sk=RANGE")
	s.want("indexes", describedIndexes(d), []string{
		"byA pk=HASH,a=RANGE KEYS_ONLY", "byB pk=HASH,b=RANGE INCLUDE x", "byG g=HASH,sk=RANGE ALL", "byH h=HASH INCLUDE x y"})
	s.want("definitions", len(d.AttributeDefinitions), 6)
	s.want("billing", d.BillingModeSummary.BillingMode, types.BillingModePayPerRequest)
	s.want("view", d.StreamSpecification.StreamViewType, types.StreamViewTypeNewAndOldImages)
	s.want("the stream's ARN", *d.LatestStreamArn, *d.TableArn+"/stream/"+*d.LatestStreamLabel)
	s.want("items", *d.ItemCount, int64(0))
	s.want("created", time.Since(*d.CreationDateTime) < time.Hour, true)
}

func listsTables(s *scene) {
	var made []string
	for range 5 {
		made = append(made, s.table(plainTable))
	}
	out, err := s.db.ListTables(s.ctx, &dynamodb.ListTablesInput{ExclusiveStartTableName: aws.String(made[0]), Limit: aws.Int32(2)})
	s.must(err)
	s.want("behind the first", out.TableNames, made[1:3])
	s.want("the page ends at", aws.ToString(out.LastEvaluatedTableName), made[2])
	_, err = s.db.ListTables(s.ctx, &dynamodb.ListTablesInput{Limit: aws.Int32(101)})
	s.invalid("a page of 101", err, "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100")
}

func protectsTable(s *scene) {
	name := s.table(plainTable)
	protect := func(on bool) error {
		_, err := s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name, DeletionProtectionEnabled: &on})
		return err
	}
	s.must(protect(true))
	s.must(active(s.ctx, s.db, name))
	_, err := s.db.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: &name})
	s.invalid("delete", err, "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	s.must(protect(false))
}

const keysOnly = types.ProjectionTypeKeysOnly

// badSchemas contradict themselves, or pass a limit.
var badSchemas = []struct {
	why string
	sc  schema
}{
	{"a local index without a sort key", schema{key: "pk:S sk:S", local: []index{{"xxx", "pk:S", keysOnly, nil}}}},
	{"a local index with another hash key", schema{key: "pk:S sk:S", local: []index{{"xxx", "q:S a:S", keysOnly, nil}}}},
	{"a local index on a table without a sort key", schema{key: "pk:S", local: []index{{"xxx", "pk:S a:S", keysOnly, nil}}}},
	{"two indexes of one name", schema{key: "pk:S sk:S", local: []index{{"xxx", "pk:S a:S", keysOnly, nil}}, global: []index{{"xxx", "a:S", keysOnly, nil}}}},
	{"INCLUDE of nothing", schema{key: "pk:S", global: []index{{"xxx", "a:S", types.ProjectionTypeInclude, nil}}}},
	{"KEYS_ONLY with attributes", schema{key: "pk:S", global: []index{{"xxx", "a:S", keysOnly, []string{"b"}}}}},
	{"an index of an unknown projection", schema{key: "pk:S", global: []index{{"xxx", "a:S", "SOME", nil}}}},
	{"an index name of two letters", schema{key: "pk:S", global: []index{{"xx", "a:S", keysOnly, nil}}}},
	{"six local indexes", schema{key: "pk:S sk:S", local: manyIndexes(6, "pk:S a:S")}},
	{"21 global indexes", schema{key: "pk:S", global: manyIndexes(21, "a:S")}},
	{"a stream of an unknown view", schema{key: "pk:S", view: "ALL"}},
	{"a key of a type that cannot be one", schema{key: "pk:BOOL"}},
}

func badSchemaCases() (cases []testCase) {
	for _, row := range badSchemas {
		cases = append(cases, testCase{row.why, func(s *scene) {
			_, err := s.db.CreateTable(s.ctx, row.sc.input(s.prefix))
			s.invalid(row.why, err, "")
			if err == nil {
				s.made = append(s.made, s.prefix)
			}
		}})
	}
	return cases
}

func refusesDefinitions(s *scene) {
	in := plainTable.input(s.prefix)
	in.AttributeDefinitions = definitions(map[string]string{"pk": "S", "q": "S"})
	_, err := s.db.CreateTable(s.ctx, in)
	s.invalid("a definition that no key uses", err, "")
	in.AttributeDefinitions = definitions(map[string]string{"q": "S"})
	_, err = s.db.CreateTable(s.ctx, in)
	s.invalid("a key without a definition", err, "")
	_, err = s.db.CreateTable(s.ctx, plainTable.input("ab"))
	s.invalid("a name of two letters", err, "")
}

func manyIndexes(n int, key string) (all []index) {
	for i := range n {
		all = append(all, index{fmt.Sprintf("index%d", i), key, types.ProjectionTypeAll, nil})
	}
	return all
}

func switchesBilling(s *scene) {
	name := s.table(plainTable)
	_, err := s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name, BillingMode: types.BillingModeProvisioned,
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(7), WriteCapacityUnits: aws.Int64(3)}})
	s.must(err)
	s.must(active(s.ctx, s.db, name))
	d := s.describe(name)
	s.want("read units", aws.ToInt64(d.ProvisionedThroughput.ReadCapacityUnits), int64(7))
	s.want("write units", aws.ToInt64(d.ProvisionedThroughput.WriteCapacityUnits), int64(3))
	_, err = s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest})
	s.must(err)
	s.must(active(s.ctx, s.db, name))
	s.want("billing", s.describe(name).BillingModeSummary.BillingMode, types.BillingModePayPerRequest)
}

// addIndex is the request that adds a global index whose key attributes are strings.
func addIndex(table string, x index) *dynamodb.UpdateTableInput {
	return &dynamodb.UpdateTableInput{TableName: &table, AttributeDefinitions: definitions(schema{key: x.key}.typeOf()),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: &x.name, KeySchema: keySchema(x.key), Projection: x.projected()}}}}
}

func backfills(s *scene) {
	name := s.table(plainTable)
	s.put(name, item{"pk": "1", "g": "x", "v": 1}, item{"pk": "2"}, item{"pk": "3", "g": 3}, item{"pk": "4", "g": "x", "v": 4})
	_, err := s.db.UpdateTable(s.ctx, addIndex(name, index{"late", "g:S", types.ProjectionTypeKeysOnly, nil}))
	s.must(err)
	s.must(active(s.ctx, s.db, name))
	s.put(name, item{"pk": "5", "g": "y"})
	s.want("the index", s.scan(name, aws.String("late")), sorted([]item{{"pk": "1", "g": "x"}, {"pk": "4", "g": "x"}, {"pk": "5", "g": "y"}}))
	s.want("described", describedIndexes(s.describe(name)), []string{"late g=HASH KEYS_ONLY"})
	_, err = s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "6", "g": 6})})
	s.invalid("a key of another type, from now on", err, "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: late")
}

func deletesIndex(s *scene) {
	name := s.table(schema{key: "pk:S", global: []index{{"byG", "g:S", types.ProjectionTypeAll, nil}}})
	s.put(name, item{"pk": "1", "g": "x"})
	_, err := s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name, GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{
		{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("byG")}}}})
	s.must(err)
	s.must(until(s.ctx, func() (bool, error) { return len(s.describe(name).GlobalSecondaryIndexes) == 0, nil }))
	_, err = s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name, IndexName: aws.String("byG")})
	s.invalid("scan", err, "The table does not have the specified index: byG")
	s.put(name, item{"pk": "2", "g": 2}) // no key any more
}
