package conformance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// writers race in every case of this file.
const writers = 64

// raceCases hold for our engine. The peers are not asked: the promise is ours.
var raceCases = []testCase{
	{"64 writers add, and nothing is lost", racingAdds},
	{"of 64 conditional puts one wins", racingPuts},
	{"transactions over two tables are never seen by half", racingTransactions},
	{"optimistic locking counts exactly", racingVersions},
}

// TestRaces runs them in process and over HTTP.
func TestRaces(t *testing.T) {
	for _, open := range []func(testing.TB) *target{openInProcess, openHTTP} {
		p := open(t)
		for i, c := range raceCases {
			t.Run(p.name+"/"+c.name, func(t *testing.T) {
				for _, fault := range play(t.Context(), p, fmt.Sprintf("race-%d", i), c) {
					t.Error(fault)
				}
			})
		}
	}
}

// race runs fn in 64 goroutines and returns their errors that are not nil.
func race(fn func(n int) error) (errs []error) {
	var wg sync.WaitGroup
	all := make([]error, writers)
	for n := range writers {
		wg.Go(func() { all[n] = fn(n) })
	}
	wg.Wait()
	for _, err := range all {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func (p *target) add(ctx context.Context, table string, key item, v int) error {
	_, err := p.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, Key: attributes(key),
		UpdateExpression: aws.String("ADD n :v SET g = if_not_exists(g, :g)"), ExpressionAttributeValues: attributes(item{":v": v, ":g": "g"})})
	return err
}

func racingAdds(s *scene) {
	name := s.table(thread)
	const rounds = 5
	errs := race(func(n int) error {
		for range rounds {
			if err := s.add(s.ctx, name, item{"pk": "p", "sk": n % 3}, 1); err != nil {
				return err
			}
		}
		return nil
	})
	s.must(errors.Join(errs...))
	total := 0
	for _, i := range s.scan(name, aws.String("byG")) {
		var n int
		_, err := fmt.Sscan(string(i["n"].(num)), &n)
		s.must(err)
		total += n
	}
	s.want("the sum in the index", total, writers*rounds)
	all := s.records(name)
	s.chained(all)
	s.want("records", len(all), writers*rounds)
}

func racingPuts(s *scene) {
	name := s.table(thread)
	var won atomic.Int32
	errs := race(func(n int) error {
		_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "p", "sk": 1, "n": n}), ConditionExpression: aws.String("attribute_not_exists(pk)")})
		var lost *types.ConditionalCheckFailedException
		if errors.As(err, &lost) {
			return nil
		}
		won.Add(1)
		return err
	})
	s.must(errors.Join(errs...))
	s.want("winners", won.Load(), int32(1))
	s.want("records", events(s.records(name)), "INSERT p1")
}

// racingTransactions moves one from table to table; the sum of both is always the same,
// in every TransactGetItems, and so is that of two items of one query.
func racingTransactions(s *scene) {
	one, two := s.table(thread), s.table(thread)
	key := item{"pk": "p", "sk": 1}
	const start, rounds = 1000, 5
	s.must(s.transact(txPut(one, item{"pk": "p", "sk": 1, "n": start}, ""), txPut(two, item{"pk": "p", "sk": 1, "n": start}, ""), txPut(one, item{"pk": "p", "sk": 2, "n": start}, "")))
	errs := race(func(n int) error {
		for range rounds {
			if n%4 == 0 {
				if err := s.seesWhole(one, two, 2*start); err != nil {
					return err
				}
				continue
			}
			if err := s.transact(txUpdate(one, key, "ADD n :v", item{":v": -1}), txUpdate(two, key, "ADD n :v", item{":v": 1}), txUpdate(one, item{"pk": "p", "sk": 2}, "ADD n :v", item{":v": 1})); err != nil {
				return err
			}
		}
		return nil
	})
	s.must(errors.Join(errs...))
	s.must(s.seesWhole(one, two, 2*start))
	moved := writers * 3 / 4 * rounds
	s.want("in the second table", s.get(two, key)["n"], any(num(fmt.Sprint(start+moved))))
	for _, name := range []string{one, two} {
		s.chained(s.records(name))
	}
}

// seesWhole reads both sides of the transfer at one moment, with TransactGetItems over
// the tables and with a query within one.
func (s *scene) seesWhole(one, two string, want int) error {
	key := item{"pk": "p", "sk": 1}
	out, err := s.db.TransactGetItems(s.ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{txGet(one, key, ""), txGet(two, key, "")}})
	if err != nil {
		return err
	}
	if got, err := total(out.Responses[0].Item, out.Responses[1].Item); err != nil || got != want {
		return fmt.Errorf("the tables hold %d together, %v, want %d", got, err, want)
	}
	page, err := s.db.Query(s.ctx, queryRow{key: "pk = :p"}.input(one, 0))
	if err != nil {
		return err
	}
	if got, err := total(page.Items...); err != nil || got != want {
		return fmt.Errorf("the query sees %d, %v, want %d", got, err, want)
	}
	return nil
}

func total(items ...map[string]types.AttributeValue) (sum int, err error) {
	for _, i := range items {
		var n int
		if _, err := fmt.Sscan(string(plain(i["n"]).(num)), &n); err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// racingVersions reads, adds one and puts under the condition that nobody else did.
func racingVersions(s *scene) {
	name := s.table(plainTable)
	s.put(name, item{"pk": "x", "n": 0})
	errs := race(func(int) error {
		for {
			out, err := s.db.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ConsistentRead: aws.Bool(true)})
			if err != nil {
				return err
			}
			n, err := total(out.Item)
			if err != nil {
				return err
			}
			_, err = s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x", "n": n + 1}),
				ConditionExpression: aws.String("n = :n"), ExpressionAttributeValues: attributes(item{":n": n})})
			var lost *types.ConditionalCheckFailedException
			if !errors.As(err, &lost) {
				return err
			}
		}
	})
	s.must(errors.Join(errs...))
	s.want("n", s.get(name, item{"pk": "x"})["n"], any(num(fmt.Sprint(writers))))
}
