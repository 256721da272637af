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
	RequestItems                map[string][]writeRequest
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type writeRequest struct {
	PutRequest    *struct{ Item json.RawMessage }
	DeleteRequest *struct{ Key json.RawMessage }
}

type batchWriteOutput struct {
	UnprocessedItems      map[string][]writeRequest
	ConsumedCapacity      []*consumed                     `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetrics `json:",omitempty"`
}

func (e *Engine) batchWrite(ctx context.Context, in *batchWriteInput) (*batchWriteOutput, error) {
	writes, err := e.prepareBatch(in)
	if err != nil {
		return nil, err
	}
	out := &batchWriteOutput{UnprocessedItems: map[string][]writeRequest{}}
	for _, name := range slices.Sorted(maps.Keys(writes)) {
		if err := e.batchTable(ctx, in, name, writes[name], out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *Engine) prepareBatch(in *batchWriteInput) (map[string][]*write, error) {
	if err := checkCapacityParam(in.ReturnConsumedCapacity); err != nil {
		return nil, err
	}
	total := 0
	for _, requests := range in.RequestItems {
		total += len(requests)
	}
	if len(in.RequestItems) == 0 {
		return nil, invalid("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	if total > maxBatchWrite {
		return nil, invalid("Too many items requested for the BatchWriteItem call")
	}
	writes := map[string][]*write{}
	for name, requests := range in.RequestItems {
		if len(requests) == 0 {
			return nil, invalid("1 validation error detected: Value '{%s=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]", name)
		}
		seen := map[string]bool{}
		for _, request := range requests {
			w, err := e.prepareRequest(name, request)
			if err != nil {
				return nil, err
			}
			key := string(keyBytes(nil, w.table.key, w.key))
			if seen[key] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[key] = true
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
		return e.prepare(writePut, &writeInput{TableName: table, Item: r.PutRequest.Item})
	}
	return e.prepare(writeDelete, &writeInput{TableName: table, Key: r.DeleteRequest.Key})
}

// batchTable does the writes of one table. Each is a write of its own.
func (e *Engine) batchTable(ctx context.Context, in *batchWriteInput, name string, writes []*write, out *batchWriteOutput) error {
	t := writes[0].table
	if err := e.makeRoom(t); err != nil {
		return err
	}
	u := newUsage(t, true)
	t.mu.Lock()
	var changes []change
	for _, w := range writes {
		c, _, err := w.run()
		if err != nil {
			t.mu.Unlock()
			return err
		}
		u.wrote(c)
		changes = append(changes, c)
	}
	lsn := e.commit(changes, nil)
	for _, w := range writes {
		if m := t.metrics(in.ReturnItemCollectionMetrics, w.key); m != nil {
			if out.ItemCollectionMetrics == nil {
				out.ItemCollectionMetrics = map[string][]*collectionMetrics{}
			}
			out.ItemCollectionMetrics[name] = append(out.ItemCollectionMetrics[name], m)
		}
	}
	t.mu.Unlock()
	if c := u.report(in.ReturnConsumedCapacity); c != nil {
		out.ConsumedCapacity = append(out.ConsumedCapacity, c)
	}
	return e.log.Wait(ctx, lsn)
}

type batchGetInput struct {
	RequestItems           map[string]keysAndAttributes
	ReturnConsumedCapacity string
}

type keysAndAttributes struct {
	Keys                     []json.RawMessage
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
	ConsistentRead           bool              `json:",omitempty"`
	AttributesToGet          json.RawMessage   `json:",omitempty"`
}

type batchGetOutput struct {
	Responses        map[string][]json.RawMessage
	UnprocessedKeys  map[string]keysAndAttributes
	ConsumedCapacity []*consumed
}

func (e *Engine) batchGet(_ context.Context, in *batchGetInput) (*batchGetOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out := &batchGetOutput{Responses: map[string][]json.RawMessage{}, UnprocessedKeys: map[string]keysAndAttributes{}}
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if err := e.batchGetTable(in, name, out, &bytes); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (in *batchGetInput) check() error {
	if err := checkCapacityParam(in.ReturnConsumedCapacity); err != nil {
		return err
	}
	if len(in.RequestItems) == 0 {
		return invalid("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	total := 0
	for name, r := range in.RequestItems {
		total += len(r.Keys)
		if err := (legacy{AttributesToGet: r.AttributesToGet}).refuse(); err != nil {
			return err
		}
		if len(r.Keys) == 0 {
			return invalid("1 validation error detected: Value '[]' at 'requestItems.%s.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1", name)
		}
	}
	if total > maxBatchGet {
		return invalid("Too many items requested for the BatchGetItem call")
	}
	return nil
}

// readRows reads the rows of one table.
func readRows(gets []*get) []*row {
	gets[0].table.mu.RLock()
	defer gets[0].table.mu.RUnlock()
	rows := make([]*row, len(gets))
	for i, g := range gets {
		rows[i] = g.read()
	}
	return rows
}

// batchGetTable reads the keys of one table; those beyond 16 MB come back unprocessed.
func (e *Engine) batchGetTable(in *batchGetInput, name string, out *batchGetOutput, bytes *int) error {
	request := in.RequestItems[name]
	var gets []*get
	seen := map[string]bool{}
	for _, raw := range request.Keys {
		g, err := e.prepareGet(name, raw, request.ProjectionExpression, expressions{ExpressionAttributeNames: request.ExpressionAttributeNames})
		if err != nil {
			return err
		}
		key := string(keyBytes(nil, g.table.key, g.key))
		if seen[key] {
			return invalid("Provided list of item keys contains duplicates")
		}
		seen[key] = true
		gets = append(gets, g)
	}
	u := newUsage(gets[0].table, false)
	out.Responses[name] = []json.RawMessage{}
	left := request
	left.Keys = nil
	for i, r := range readRows(gets) {
		if *bytes += sizeOf(r); *bytes > maxBatchBytes {
			left.Keys = append(left.Keys, request.Keys[i])
			continue
		}
		u.own += readUnits(sizeOf(r), request.ConsistentRead)
		if r != nil {
			out.Responses[name] = append(out.Responses[name], itemJSON(r, gets[i].projection))
		}
	}
	if left.Keys != nil {
		out.UnprocessedKeys[name] = left
	}
	if c := u.report(in.ReturnConsumedCapacity); c != nil {
		out.ConsumedCapacity = append(out.ConsumedCapacity, c)
	}
	return nil
}
