package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

var indexCases = []testCase{
	{"an item moves between the keys of a sparse index, in and out", sparseMoves},
	{"an index follows what it projects", followsProjection},
	{"equal index keys are read once each, in pages", equalKeys},
}

func sparseMoves(s *scene) {
	name := s.table(thread)
	key := item{"pk": "p", "sk": 1}
	update := func(expr string, values item) {
		_, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(key), UpdateExpression: &expr, ExpressionAttributeValues: attributes(values)})
		s.must(err)
	}
	byG := func(g string) int {
		return int(s.query(queryRow{index: "byG", key: "g = :g", values: item{":g": g}}.input(name, 0)).Count)
	}
	s.put(name, key)
	s.want("without the key", byG("one"), 0)
	update("SET g = :g", item{":g": "one"})
	s.want("with the key", byG("one"), 1)
	update("SET g = :g", item{":g": "two"})
	s.want("at its old key", byG("one"), 0)
	s.want("at its new key", byG("two"), 1)
	update("REMOVE g", nil)
	s.want("without the key again", len(s.scan(name, aws.String("byG"))), 0)
	s.put(name, item{"pk": "p", "sk": 1, "g": "one"})
	s.delete(name, key)
	s.want("deleted", len(s.scan(name, aws.String("byG"))), 0)
}

func followsProjection(s *scene) {
	name := s.table(thread)
	for _, i := range []item{
		{"pk": "p", "sk": 1, "b": "b", "h": "h", "x": 1, "y": 1, "z": 1},
		{"pk": "p", "sk": 1, "b": "b", "h": "h", "x": 2, "z": 2},
	} {
		s.put(name, i)
		s.want("byB", s.scan(name, aws.String("byB")), []item{same(pick(i, []string{"pk", "sk", "b", "x"}))})
		s.want("byH", s.scan(name, aws.String("byH")), []item{same(pick(i, []string{"pk", "sk", "h", "x", "y"}))})
	}
}

func equalKeys(s *scene) {
	name := s.table(thread)
	for i := range 7 {
		s.put(name, item{"pk": "p", "sk": i, "a": 1, "h": "h", "x": i})
	}
	for _, row := range []queryRow{{index: "byH", key: "h = :h", values: item{":h": "h"}}, {index: "byA", key: "pk = :p"}} {
		for _, row.backward = range []bool{false, true} {
			seen := map[string]bool{}
			in := row.input(name, 2)
			for more := true; more; more = len(in.ExclusiveStartKey) > 0 {
				out := s.query(in)
				for _, i := range out.Items {
					seen[text(plainItem(i))] = true
				}
				in.ExclusiveStartKey = out.LastEvaluatedKey
			}
			s.want("distinct items of "+row.index, len(seen), 7)
		}
	}
}
