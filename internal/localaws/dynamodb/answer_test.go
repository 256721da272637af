package dynamodb

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// A page is filtered, projected and written after its table was unlocked, and tells what
// was there when it was read.
func TestPagesAreWrittenWithoutLock(t *testing.T) {
	e, c := client(t)
	create(t, c, "table")
	for n := range 4 {
		if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{"pk": str("p"), "sk": num(fmt.Sprint(n)), "a": num("1"), "x": num(fmt.Sprint(n % 2))}}); err != nil {
			t.Fatal(err)
		}
	}
	table, err := e.table("table")
	if err != nil {
		t.Fatal(err)
	}
	filtered := PageInput{TableName: aws.String("table"), FilterExpression: aws.String("x = :x"), ProjectionExpression: aws.String("sk"),
		expressions: expressions{ExpressionAttributeValues: Document{raw: json.RawMessage(`{":x":{"N":"1"}}`)}}}
	queried := filtered
	queried.ExpressionAttributeValues = Document{raw: json.RawMessage(`{":x":{"N":"1"},":p":{"S":"p"}}`)}
	for _, row := range []struct {
		why  string
		read func() (*PageOutput, error)
		want string
	}{
		{"query", func() (*PageOutput, error) {
			return e.query(t.Context(), &QueryInput{PageInput: queried, Limit: aws.Int(3), KeyConditionExpression: aws.String("pk = :p")})
		}, `{"Items":[{"sk":{"N":"1"}}],"Count":1,"ScannedCount":3,"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"2"}}}`},
		{"scan", func() (*PageOutput, error) { return e.scan(t.Context(), &scanInput{PageInput: filtered}) },
			`{"Items":[{"sk":{"N":"1"}},{"sk":{"N":"3"}}],"Count":2,"ScannedCount":4}`},
		{"count", func() (*PageOutput, error) {
			counted := filtered
			counted.Select, counted.ProjectionExpression = "COUNT", nil
			return e.scan(t.Context(), &scanInput{PageInput: counted})
		}, `{"Count":2,"ScannedCount":4}`},
	} {
		t.Run(row.why, func(t *testing.T) {
			page, err := row.read()
			if err != nil {
				t.Fatal(err)
			}
			table.mu.Lock() // whoever needs the lock waits forever
			defer table.mu.Unlock()
			if got := string(page.appendJSON(nil)); got != row.want {
				t.Errorf("%s\nwant\n%s", got, row.want)
			}
		})
	}
}

// A segment is looked for in a copy: writers do not wait for a scan that passes over
// most of the table.
func TestSegmentsAreReadWithoutLock(t *testing.T) {
	e, c := client(t)
	create(t, c, "table")
	in := &scanInput{PageInput: PageInput{TableName: aws.String("table")}, Segment: aws.Int(1), TotalSegments: aws.Int(1000)}
	r, err := e.prepareReader(&in.PageInput, nil, func(p *expr.Params) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	_, rows, unlock, err := in.rows(r)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{"pk": str("p"), "sk": num("1")}}); err != nil {
		t.Fatal(err)
	}
	if rows.Len() != 0 {
		t.Error("the copy changes with the table")
	}
}
