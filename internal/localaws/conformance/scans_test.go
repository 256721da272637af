package conformance

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var scanCases = []testCase{
	{"pages of any limit hold every item once", scansInPages},
	{"the segments of a parallel scan hold every item once", scansParallel},
	{"a filter and a projection", scanFilters},
	{"counting without items", func(s *scene) {
		out, err := s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: aws.String(s.library()), Select: types.SelectCount})
		s.must(err)
		s.want("count", []int32{out.Count, out.ScannedCount, int32(len(out.Items))}, []int32{22, 22, 0})
	}},
	{"a page that ends with its limit has a LastEvaluatedKey, even at the end", func(s *scene) {
		in := &dynamodb.ScanInput{TableName: aws.String(s.library()), Limit: aws.Int32(22)}
		out, err := s.db.Scan(s.ctx, in)
		s.must(err)
		s.want("goes on", len(out.LastEvaluatedKey), 2)
		in.ExclusiveStartKey = out.LastEvaluatedKey
		out, err = s.db.Scan(s.ctx, in)
		s.must(err)
		s.want("items and key behind it", []int{len(out.Items), len(out.LastEvaluatedKey)}, []int{0, 0})
	}},
	{"a page ends at 1 MB, before the filter", scanMegabyte},
	{"wrong segments are refused", refusesSegments},
}

func scansInPages(s *scene) {
	name := s.library()
	all := sorted(sameItems(library()))
	for _, index := range []string{"", "byA", "byG"} {
		for _, limit := range []int32{1, 5, 100} {
			in := &dynamodb.ScanInput{TableName: &name, Limit: &limit, ConsistentRead: aws.Bool(index != "byG")}
			if index != "" {
				in.IndexName = &index
			}
			var got []item
			for more := true; more; more = len(in.ExclusiveStartKey) > 0 {
				out, err := s.db.Scan(s.ctx, in)
				s.must(err)
				got = append(got, plainItems(out.Items)...)
				in.ExclusiveStartKey = out.LastEvaluatedKey
			}
			s.want(fmt.Sprintf("index %q, limit %d", index, limit), sorted(got), held(all, index))
		}
	}
}

// held is what an index of thread holds of the items.
func held(all []item, index string) (items []item) {
	for _, i := range all {
		_, hasA := i["a"]
		_, hasG := i["g"]
		switch {
		case index == "byA" && hasA:
			items = append(items, pick(i, []string{"pk", "sk", "a"}))
		case index == "", index == "byG" && hasG:
			items = append(items, i)
		}
	}
	return sorted(items)
}

func scansParallel(s *scene) {
	name := s.table(plainTable)
	var all []item
	for i := range 40 {
		all = append(all, item{"pk": fmt.Sprint(i)})
	}
	s.put(name, all...)
	for _, total := range []int32{1, 3, 8} {
		var got []item
		for segment := range total {
			pages := dynamodb.NewScanPaginator(s.db, &dynamodb.ScanInput{TableName: &name, Segment: &segment, TotalSegments: &total, Limit: aws.Int32(3)})
			for pages.HasMorePages() {
				out, err := pages.NextPage(s.ctx)
				s.must(err)
				got = append(got, plainItems(out.Items)...)
			}
		}
		s.want(fmt.Sprintf("%d segments", total), sorted(got), sorted(all))
	}
}

func scanFilters(s *scene) {
	name := s.library()
	out, err := s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name, FilterExpression: aws.String("sk > :v AND x = :x"), ProjectionExpression: aws.String("sk"),
		ExpressionAttributeValues: attributes(item{":v": 10, ":x": 3})}) // the key may stand in a scan's filter
	s.must(err)
	s.want("items", sorted(plainItems(out.Items)), sorted(sameItems([]item{{"sk": 11}, {"sk": 15}, {"sk": 19}})))
	s.want("scanned", out.ScannedCount, int32(22))
}

func scanMegabyte(s *scene) {
	name := s.table(plainTable)
	for i := range 6 {
		s.put(name, item{"pk": fmt.Sprint(i), "x": strings.Repeat("x", 300_000)})
	}
	out, err := s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name, FilterExpression: aws.String("attribute_exists(zz)")})
	s.must(err)
	s.want("count, scanned", []int32{out.Count, out.ScannedCount}, []int32{0, 4})
	s.want("goes on", len(out.LastEvaluatedKey), 1)
}

func refusesSegments(s *scene) {
	name := s.table(plainTable)
	for _, row := range []struct {
		why            string
		segment, total *int32
		words          string
	}{
		{"a segment alone", aws.Int32(0), nil, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{"a number of segments alone", nil, aws.Int32(2), "The Segment parameter is required but was not present in the request when parameter TotalSegments is present"},
		{"a segment too many", aws.Int32(2), aws.Int32(2), "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
		{"too many segments", aws.Int32(0), aws.Int32(1_000_001), "Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000"},
	} {
		_, err := s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name, Segment: row.segment, TotalSegments: row.total})
		s.invalid(row.why, err, row.words)
	}
}
