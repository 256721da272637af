package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// testCase is one thing that an engine must do.
type testCase struct {
	name string // why it is here
	run  func(*scene)
}

// scene is one run of a case on one engine. It collects what goes wrong.
type scene struct {
	ctx context.Context
	*target
	prefix string // of the names of the case's tables
	made   []string
	faults []string
}

// abandoned ends a case that cannot go on.
type abandoned struct{}

// play runs c and returns what went wrong.
func play(ctx context.Context, p *target, prefix string, c testCase) []string {
	s := &scene{ctx: ctx, target: p, prefix: prefix}
	defer s.clear()
	func() {
		defer func() {
			if r := recover(); r != nil && r != (abandoned{}) {
				panic(r)
			}
		}()
		c.run(s)
	}()
	return s.faults
}

// clear deletes the tables of the case.
func (s *scene) clear() {
	for _, name := range s.made {
		_, _ = s.db.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: &name}) // some cases deleted theirs
	}
}

// must ends the case where err is not nil.
func (s *scene) must(err error) {
	if err != nil {
		s.faultf("%v", err)
		panic(abandoned{})
	}
}

func (s *scene) faultf(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// want compares; numbers and sets are in the form that plain returns.
func (s *scene) want(what string, got, want any) {
	if diff := cmp.Diff(want, got); diff != "" {
		s.faultf("%s (-want +got):\n%s", what, diff)
	}
}

func (s *scene) wantItem(what string, got map[string]types.AttributeValue, want item) {
	s.want(what, plainItem(got), same(want))
}

// wantItems compares items in their order.
func (s *scene) wantItems(what string, got []map[string]types.AttributeValue, want ...item) {
	s.want(what, plainItems(got), sameItems(want))
}

// refused checks the type of an error and, of our engine, that its message has the given
// words, which are AWS's: the peers have words of their own.
func (s *scene) refused(what string, err error, code, words string) {
	var e smithy.APIError
	switch {
	case err == nil:
		s.faultf("%s: accepted, want %s: %s", what, code, words)
	case !errors.As(err, &e):
		s.faultf("%s: %v, want %s", what, err, code)
	case e.ErrorCode() != code || s.ours() && !strings.Contains(e.ErrorMessage(), words):
		s.faultf("%s: %s: %s\nwant %s: %s", what, e.ErrorCode(), e.ErrorMessage(), code, words)
	}
}

// invalid is refused with a ValidationException.
func (s *scene) invalid(what string, err error, words string) {
	s.refused(what, err, "ValidationException", words)
}

// table creates one and returns its name.
func (s *scene) table(sc schema) string {
	name := fmt.Sprintf("%s-%d", s.prefix, len(s.made))
	s.must(create(s.ctx, s.db, name, sc))
	s.made = append(s.made, name)
	return name
}

func (s *scene) put(table string, items ...item) {
	for _, i := range items {
		_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &table, Item: attributes(i)})
		s.must(err)
	}
}

func (s *scene) delete(table string, key item) {
	_, err := s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: attributes(key)})
	s.must(err)
}

func (s *scene) get(table string, key item) item {
	out, err := s.db.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &table, Key: attributes(key), ConsistentRead: aws.Bool(true)})
	s.must(err)
	return plainItem(out.Item)
}

// scan returns all items of a table, or of an index, in no order.
func (s *scene) scan(table string, index *string) []item {
	var items []item
	pages := dynamodb.NewScanPaginator(s.db, &dynamodb.ScanInput{TableName: &table, IndexName: index})
	for pages.HasMorePages() {
		out, err := pages.NextPage(s.ctx)
		s.must(err)
		items = append(items, plainItems(out.Items)...)
	}
	return sorted(items)
}

// words are the placeholders of a case's expressions.
type words struct {
	names  map[string]string
	values item
}
