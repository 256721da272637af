package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	build "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// gets is a GetItem, a BatchGetItem or a TransactGetItems: how says which.
type gets struct {
	how   string
	table string
	keys  []item
	paths []string // of the projection; nil for the whole item
}

func (r random) gets(table string, sc schema) *gets {
	g := &gets{how: oneOf(r, "get", "batch", "transaction"), table: table}
	seen := map[string]bool{}
	for range 1 + r.IntN(5) {
		if key := r.keyOf(sc); !seen[text(key)] {
			seen[text(key)] = true
			g.keys = append(g.keys, key)
		}
	}
	if g.how == "get" {
		g.keys = g.keys[:1]
	}
	if r.chance(40) {
		g.paths = [][]string{{"pk"}, {"pk", "n", "m.x"}, {"v", "zz", "l"}, {"m.y", "s"}}[r.IntN(4)]
	}
	return g
}

func (g *gets) projection() (*string, map[string]string) {
	if g.paths == nil {
		return nil, nil
	}
	var p placeholders
	var parts []string
	for _, path := range g.paths {
		parts = append(parts, p.path(path))
	}
	return aws.String(strings.Join(parts, ", ")), p.names
}

func (g *gets) do(ctx context.Context, p *target) answer {
	expr, names := g.projection()
	var found []map[string]types.AttributeValue
	switch g.how {
	case "get":
		out, err := p.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: p.tableName(g.table), Key: attributes(g.keys[0]), ProjectionExpression: expr, ExpressionAttributeNames: names, ConsistentRead: aws.Bool(true)})
		if err != nil {
			return failed(err)
		}
		found = append(found, out.Item)
	case "batch":
		k := types.KeysAndAttributes{ProjectionExpression: expr, ExpressionAttributeNames: names}
		for _, key := range g.keys {
			k.Keys = append(k.Keys, attributes(key))
		}
		out, err := p.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*p.tableName(g.table): k}})
		if err != nil {
			return failed(err)
		}
		found = out.Responses[*p.tableName(g.table)]
	default:
		in := &dynamodb.TransactGetItemsInput{}
		for _, key := range g.keys {
			in.TransactItems = append(in.TransactItems, types.TransactGetItem{Get: &types.Get{TableName: p.tableName(g.table), Key: attributes(key), ProjectionExpression: expr, ExpressionAttributeNames: names}})
		}
		out, err := p.db.TransactGetItems(ctx, in)
		if err != nil {
			return failed(err)
		}
		for _, r := range out.Responses {
			found = append(found, r.Item)
		}
	}
	return answer{items: nonEmpty(plainItems(found))}
}

// nonEmpty are the items with attributes, in an order that every engine shares. An item
// without one may come as nothing, or empty.
func nonEmpty(items []item) []item {
	return sorted(slices.DeleteFunc(items, func(i item) bool { return len(i) == 0 }))
}

func (g *gets) model(m model) answer {
	var found []item
	for _, key := range g.keys {
		i := m[g.table].find(key)
		if i != nil && g.paths != nil {
			i = project(i, g.paths)
		}
		found = append(found, i)
	}
	return answer{items: nonEmpty(found)}
}

func (g *gets) String() string {
	return fmt.Sprintf("%s from %s: %s, projection %v", g.how, g.table, text(list{g.keys}), g.paths)
}

// read is a Query or a Scan of a table or index, read to its end in pages.
type read struct {
	scan     bool
	table    string
	index    string
	sc       schema
	hash     any
	op       string // of the range condition; "" for none
	bounds   []any
	filter   *condition
	backward bool
	built    bool
	limit    int32
	segments int32 // of a parallel scan
}

func (r random) read(table string, sc schema) *read {
	q := &read{scan: r.chance(30), table: table, sc: sc, backward: r.chance(40), built: r.chance(50), limit: oneOf[int32](r, 0, 1, 2, 3, 5, 100)}
	if all := slices.Concat(sc.local, sc.global); len(all) > 0 && r.chance(60) {
		q.index = all[r.IntN(len(all))].name
	}
	if x := sc.indexOf(q.index); (x == nil || x.projection == types.ProjectionTypeAll) && r.chance(30) {
		c := r.condition(1)
		if q.scan || !c.touches(sc.readKey(q.index)) { // which a query's filter must not
			q.filter = &c
			q.built = q.built && c.buildable()
		}
	}
	if q.scan {
		q.segments = oneOf[int32](r, 1, 1, 3)
		return q
	}
	key, kinds := sc.readKey(q.index), sc.typeOf()
	q.hash = r.key(kinds[key[0]])
	if len(key) == 2 && r.chance(70) {
		q.op = oneOf(r, "=", "<", "<=", ">", ">=", "BETWEEN")
		if kinds[key[1]] == "S" && r.chance(40) {
			q.op = "begins_with"
		}
		q.bounds = []any{r.key(kinds[key[1]]), r.key(kinds[key[1]])}
		slices.SortFunc(q.bounds, compare)
	}
	return q
}

func (c condition) touches(names []string) bool {
	return c.path != "" && slices.Contains(names, steps(c.path)[0].name) || slices.ContainsFunc(c.subs, func(sub condition) bool { return sub.touches(names) })
}

// parameters are what a query's expressions become.
func (q *read) parameters() (key, filter *string, names map[string]string, values map[string]types.AttributeValue) {
	if q.built && (!q.scan || q.filter != nil) {
		b := build.NewBuilder()
		if !q.scan {
			b = b.WithKeyCondition(q.builtKey())
		}
		if q.filter != nil {
			b = b.WithFilter(q.filter.built())
		}
		e, err := b.Build()
		if err != nil {
			panic(err)
		}
		return e.KeyCondition(), e.Filter(), e.Names(), e.Values()
	}
	var p placeholders
	if !q.scan {
		key = aws.String(q.writtenKey(&p))
	}
	if q.filter != nil {
		filter = aws.String(q.filter.write(&p))
	}
	return key, filter, p.names, attributes(p.values)
}

func (q *read) writtenKey(p *placeholders) string {
	key := q.sc.readKey(q.index)
	written := p.path(key[0]) + " = " + p.value(q.hash)
	if q.op == "" {
		return written
	}
	rng := p.path(key[1])
	switch q.op {
	case "BETWEEN":
		return written + " AND " + rng + " BETWEEN " + p.value(q.bounds[0]) + " AND " + p.value(q.bounds[1])
	case "begins_with":
		return written + " AND begins_with(" + rng + ", " + p.value(q.bounds[0]) + ")"
	}
	return written + " AND " + rng + " " + q.op + " " + p.value(q.bounds[0])
}

func (q *read) builtKey() build.KeyConditionBuilder {
	key := q.sc.readKey(q.index)
	c := build.Key(key[0]).Equal(build.Value(av(q.hash)))
	if q.op == "" {
		return c
	}
	rng, low, high := build.Key(key[1]), build.Value(av(q.bounds[0])), build.Value(av(q.bounds[1]))
	switch q.op {
	case "BETWEEN":
		return c.And(rng.Between(low, high))
	case "begins_with":
		return c.And(rng.BeginsWith(q.bounds[0].(string)))
	}
	return c.And(map[string]func(build.ValueBuilder) build.KeyConditionBuilder{
		"=": rng.Equal, "<": rng.LessThan, "<=": rng.LessThanEqual, ">": rng.GreaterThan, ">=": rng.GreaterThanEqual}[q.op](low))
}

// page is what Query and Scan return alike.
type page struct {
	items          []item
	count, scanned int32
	last           map[string]types.AttributeValue
}

func (q *read) do(ctx context.Context, p *target) answer {
	if !q.scan {
		return q.pages(func(start map[string]types.AttributeValue) (page, error) { return q.queryPage(ctx, p, start) })
	}
	var all answer
	for segment := range q.segments {
		a := q.pages(func(start map[string]types.AttributeValue) (page, error) { return q.scanPage(ctx, p, start, segment) })
		if a.code != "" {
			return a
		}
		all.items = append(all.items, a.items...)
	}
	all.items = sorted(all.items)
	return all
}

// maxPages is more than any read of the run has.
const maxPages = 500

// pages reads to the end. The pages themselves are compared where the order of what is
// read is certain.
func (q *read) pages(next func(map[string]types.AttributeValue) (page, error)) (a answer) {
	var start map[string]types.AttributeValue
	for n, more := 0, true; more; more = len(start) > 0 {
		if n++; n > maxPages {
			return answer{code: "no end"}
		}
		pg, err := next(start)
		if err != nil {
			return failed(err)
		}
		a.items = append(a.items, pg.items...)
		if int(pg.count) != len(pg.items) {
			a.pages = append(a.pages, fmt.Sprintf("%d items counted as %d", len(pg.items), pg.count))
		}
		if q.certain() {
			a.pages = append(a.pages, fmt.Sprintf("%d of %d, %s", pg.count, pg.scanned, text(plainItem(pg.last))))
		}
		start = pg.last
	}
	if !q.certain() {
		a.items = sorted(a.items)
	}
	a.pages = ended(a.pages)
	return a
}

// ended forgets whether an empty page came behind the last item: AWS says that a key at
// the end of a page does not mean that there is more (API_Query.html).
func ended(pages []string) []string {
	const empty = "0 of 0, {}"
	if n := len(pages); n > 1 && pages[n-1] == empty {
		counts, _, _ := strings.Cut(pages[n-2], ", ")
		return append(pages[:n-2], counts+", {}")
	}
	return pages
}

// certain reports whether AWS says in which order items come: by the sort key of the
// table. Items of equal keys in an index, and those of a scan, come in any. Nor does
// it say whether a page of the only item that there can be has an end.
func (q *read) certain() bool {
	return !q.scan && q.index == "" && len(names(q.sc.key)) == 2
}

func (q *read) queryPage(ctx context.Context, p *target, start map[string]types.AttributeValue) (page, error) {
	key, filter, names, values := q.parameters()
	in := &dynamodb.QueryInput{TableName: p.tableName(q.table), KeyConditionExpression: key, FilterExpression: filter, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ScanIndexForward: aws.Bool(!q.backward), ExclusiveStartKey: start}
	if q.index != "" {
		in.IndexName = &q.index
	}
	if q.limit > 0 {
		in.Limit = &q.limit
	}
	out, err := p.db.Query(ctx, in)
	if err != nil {
		return page{}, err
	}
	return page{plainItems(out.Items), out.Count, out.ScannedCount, out.LastEvaluatedKey}, nil
}

func (q *read) scanPage(ctx context.Context, p *target, start map[string]types.AttributeValue, segment int32) (page, error) {
	_, filter, names, values := q.parameters()
	in := &dynamodb.ScanInput{TableName: p.tableName(q.table), FilterExpression: filter, ExpressionAttributeNames: names, ExpressionAttributeValues: values, ExclusiveStartKey: start}
	if q.index != "" {
		in.IndexName = &q.index
	}
	if q.limit > 0 {
		in.Limit = &q.limit
	}
	if q.segments > 1 {
		in.Segment, in.TotalSegments = &segment, &q.segments
	}
	out, err := p.db.Scan(ctx, in)
	if err != nil {
		return page{}, err
	}
	return page{plainItems(out.Items), out.Count, out.ScannedCount, out.LastEvaluatedKey}, nil
}

func (q *read) model(m model) answer {
	t := m[q.table]
	all := slices.DeleteFunc(t.held(q.index), func(i item) bool { return !q.matches(i) })
	if q.backward {
		slices.Reverse(all)
	}
	passes := func(i item) bool { return q.filter == nil || q.filter.holds(i) }
	var a answer
	for more := true; more && q.certain(); {
		n := len(all)
		if more = q.limit > 0 && n >= int(q.limit); more {
			n = int(q.limit)
		}
		count, last := 0, item(nil)
		for _, i := range all[:n] {
			if passes(i) {
				count++
			}
		}
		if more {
			last = t.positionOf(all[n-1], q.index)
		}
		a.pages = append(a.pages, fmt.Sprintf("%d of %d, %s", count, n, text(last)))
		for _, i := range all[:n] {
			if passes(i) {
				a.items = append(a.items, i)
			}
		}
		all = all[n:]
	}
	a.pages = ended(a.pages)
	if !q.certain() {
		a.items = sorted(slices.DeleteFunc(all, func(i item) bool { return !passes(i) }))
	}
	return a
}

// matches evaluates the key condition.
func (q *read) matches(i item) bool {
	if q.scan {
		return true
	}
	key := q.sc.readKey(q.index)
	if !equal(i[key[0]], q.hash) {
		return false
	}
	return q.op == "" || condition{op: q.op, path: key[1], args: q.bounds}.holds(i)
}

func (q *read) String() string {
	key, filter, names, values := q.parameters()
	return fmt.Sprintf("read %s index %q: key %s filter %s with %s names %v, backward %v, limit %d, segments %d", q.table, q.index,
		aws.ToString(key), aws.ToString(filter), text(plainItem(values)), names, q.backward, q.limit, q.segments)
}
