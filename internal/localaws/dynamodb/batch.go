package dynamodb

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// Limits of batches.
const (
	maxBatchWrite = 25
	maxBatchGet   = 100
	maxBatchBytes = 16 << 20
)

type batchWriteInput struct {
	ReturnConsumedCapacity      string                    `api:"enum=INDEXES TOTAL NONE"`
	ReturnItemCollectionMetrics string                    `api:"enum=SIZE NONE"`
	RequestItems                map[string][]writeRequest `api:"required,keys=1..255,values=1..25"`
}

type (
	writeRequest struct {
		PutRequest    *putRequest    `json:",omitempty"`
		DeleteRequest *deleteRequest `json:",omitempty"`
	}
	putRequest struct {
		Item Document `api:"required"`
	}
	deleteRequest struct {
		Key Document `api:"required"`
	}
)

type batchWriteOutput struct {
	UnprocessedItems      map[string][]writeRequest
	ConsumedCapacity      []*Consumed                     `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetrics `json:",omitempty"`
}

func (e *Engine) batchWrite(ctx context.Context, in *batchWriteInput) (*batchWriteOutput, error) {
	writes, err := e.prepareBatch(in)
	if err != nil {
		return nil, err
	}
	out := &batchWriteOutput{UnprocessedItems: map[string][]writeRequest{}}
	done := 0
	for _, name := range slices.Sorted(maps.Keys(writes)) {
		n, err := e.batchTable(ctx, in, name, writes[name], out)
		if err != nil {
			return nil, err
		}
		done += n
	}
	if done == 0 {
		return nil, failure("ProvisionedThroughputExceededException", tableExceeded)
	}
	return out, nil
}

// prepareBatch returns the writes by the tables' names as the request has them.
func (e *Engine) prepareBatch(in *batchWriteInput) (map[string][]*write, error) {
	total := 0
	for _, requests := range in.RequestItems {
		total += len(requests)
	}
	switch {
	case total == 0:
		return nil, invalid("The requestItems parameter is required for BatchWriteItem")
	case total > maxBatchWrite:
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	writes, seen := map[string][]*write{}, itemSet{}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		for _, request := range in.RequestItems[name] {
			w, err := e.prepareRequest(name, request)
			if err != nil {
				return nil, err
			}
			if !seen.add(w.id()) {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			writes[name] = append(writes[name], w)
		}
	}
	return writes, nil
}

func (e *Engine) prepareRequest(table string, r writeRequest) (*write, error) {
	switch {
	case (r.PutRequest == nil) == (r.DeleteRequest == nil):
		return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case r.PutRequest != nil:
		return e.prepare(writePut, &WriteInput{TableName: &table, Item: r.PutRequest.Item})
	}
	return e.prepare(writeDelete, &WriteInput{TableName: &table, Key: r.DeleteRequest.Key})
}

// batchTable does the writes of one table and returns how many it did: those that the
// throughput does not allow come back unprocessed. Each is a write of its own.
func (e *Engine) batchTable(ctx context.Context, in *batchWriteInput, name string, writes []*write, out *batchWriteOutput) (int, error) {
	t := writes[0].table
	if err := e.makeRoom(t); err != nil {
		return 0, err
	}
	sum := newUsage(t, true)
	var changes []change
	var done []*write
	t.mu.Lock()
	for i, w := range writes {
		c, _, u, err := e.runOne(w, in.ReturnConsumedCapacity)
		switch {
		case isThrottled(err):
			out.UnprocessedItems[name] = append(out.UnprocessedItems[name], in.RequestItems[name][i])
			continue
		case err != nil:
			t.mu.Unlock()
			return 0, err
		}
		sum.add(u)
		changes, done = append(changes, c), append(done, w)
	}
	lsn := e.commit(changes, nil)
	metrics := collections(done, in.ReturnItemCollectionMetrics)
	t.mu.Unlock()
	if metrics != nil {
		if out.ItemCollectionMetrics == nil {
			out.ItemCollectionMetrics = map[string][]*collectionMetrics{}
		}
		out.ItemCollectionMetrics[name] = metrics[t.name]
	}
	if c := sum.report(in.ReturnConsumedCapacity); c != nil && done != nil {
		out.ConsumedCapacity = append(out.ConsumedCapacity, c)
	}
	return len(done), e.log.Wait(ctx, lsn)
}

// BatchGetInput is the input of [Engine.BatchGetItem].
type BatchGetInput struct {
	ReturnConsumedCapacity string                       `api:"enum=INDEXES TOTAL NONE"`
	RequestItems           map[string]KeysAndAttributes `api:"required,keys=1..255"`
}

// KeysAndAttributes are the keys that a batch reads of one table.
type KeysAndAttributes struct {
	Keys                     []Document        `api:"required,len=1..100,bare"`
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
	ConsistentRead           bool              `json:",omitempty"`
	AttributesToGet          json.RawMessage   `json:",omitempty"`
}

// BatchGetOutput is what a batch read, and what is left of it, by the tables' names as the
// request has them.
type BatchGetOutput struct {
	Responses        map[string][]Image
	UnprocessedKeys  map[string]KeysAndAttributes
	Left             map[string][]int // which of a table's keys UnprocessedKeys has
	ConsumedCapacity []*Consumed
}

func (e *Engine) batchGet(_ context.Context, in *BatchGetInput) (*BatchGetOutput, error) {
	gets, err := e.prepareGets(in)
	if err != nil {
		return nil, err
	}
	out := &BatchGetOutput{Responses: map[string][]Image{}, UnprocessedKeys: map[string]KeysAndAttributes{}, Left: map[string][]int{}}
	bytes, done := 0, 0
	for _, name := range slices.Sorted(maps.Keys(gets)) {
		n, err := e.batchGetTable(in, name, gets[name], out, &bytes)
		if err != nil {
			return nil, err
		}
		done += n
	}
	if done == 0 {
		return nil, failure("ProvisionedThroughputExceededException", tableExceeded)
	}
	return out, nil
}

// prepareGets returns the reads by the tables' names as the request has them.
func (e *Engine) prepareGets(in *BatchGetInput) (map[string][]*get, error) {
	total := 0
	for _, r := range in.RequestItems {
		total += len(r.Keys)
	}
	switch {
	case total == 0:
		return nil, invalid("The requestItems parameter is required for BatchGetItem")
	case total > maxBatchGet:
		return nil, invalid("Too many items requested for the BatchGetItem call")
	}
	gets, seen := map[string][]*get{}, itemSet{}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		r := in.RequestItems[name]
		for _, raw := range r.Keys {
			g, err := e.prepareGet(&GetInput{&name, raw, r.ProjectionExpression, r.ExpressionAttributeNames}, legacy{AttributesToGet: r.AttributesToGet})
			if err != nil {
				return nil, err
			}
			if !seen.add(g.table.itemID(g.key)) {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			gets[name] = append(gets[name], g)
		}
	}
	return gets, nil
}

// readRows reads the rows of one table, up to 16 MB in the whole batch, and pays for
// each. It returns which of them it has read.
func (e *Engine) readRows(gets []*get, consistent bool, bytes *int) (rows []row, read []bool, err error) {
	t := gets[0].table
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.deleted {
		return nil, nil, tableNotFound()
	}
	rows, read = make([]row, len(gets)), make([]bool, len(gets))
	for i, g := range gets {
		rows[i] = g.read()
		size := sizeOf(rows[i])
		read[i] = *bytes+size <= maxBatchBytes && e.spend(&usage{table: t, own: readUnits(size, consistent)}) == nil
		if read[i] {
			*bytes += size
		}
	}
	return rows, read, nil
}

// batchGetTable reads the keys of one table and returns how many it read: those beyond
// 16 MB, and those that the throughput does not allow, come back unprocessed.
func (e *Engine) batchGetTable(in *BatchGetInput, name string, gets []*get, out *BatchGetOutput, bytes *int) (int, error) {
	request := in.RequestItems[name]
	rows, read, err := e.readRows(gets, request.ConsistentRead, bytes)
	if err != nil {
		return 0, err
	}
	sum := newUsage(gets[0].table, false)
	out.Responses[name] = make([]Image, 0, len(rows))
	left := request
	left.Keys = nil
	for i, r := range rows {
		if !read[i] {
			left.Keys, out.Left[name] = append(left.Keys, request.Keys[i]), append(out.Left[name], i)
			continue
		}
		sum.own += readUnits(sizeOf(r), request.ConsistentRead)
		if r != noRow {
			out.Responses[name] = append(out.Responses[name], imageOf(r, gets[i].projection))
		}
	}
	if left.Keys != nil {
		out.UnprocessedKeys[name] = left
	}
	if c := sum.report(in.ReturnConsumedCapacity); c != nil {
		out.ConsumedCapacity = append(out.ConsumedCapacity, c)
	}
	return len(gets) - len(left.Keys), nil
}
