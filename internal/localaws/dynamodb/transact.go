package dynamodb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// maxTransact is how many items a transaction may hold, and maxTransactBytes their size.
const (
	maxTransact      = 100
	maxTransactBytes = 4 << 20
)

type transactWriteInput struct {
	TransactItems               []transactItem
	ClientRequestToken          string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type transactItem struct {
	Put            *writeInput
	Update         *writeInput
	Delete         *writeInput
	ConditionCheck *writeInput
}

type transactWriteOutput struct {
	ConsumedCapacity []*consumed `json:",omitempty"`
}

// cancellation is why one item of a transaction did not come about.
type cancellation struct {
	Code    string // "None" for the items that were not at fault
	Message string
	Item    attr.Item
}

func (c cancellation) appendJSON(dst []byte) []byte {
	dst = attr.AppendString(append(dst, `{"Code":`...), c.Code)
	if c.Message != "" {
		dst = attr.AppendString(append(dst, `,"Message":`...), c.Message)
	}
	if c.Item != nil {
		dst = attr.AppendItemJSON(append(dst, `,"Item":`...), c.Item)
	}
	return append(dst, '}')
}

// canceled makes the answer to a transaction from the fate of each of its items.
func canceled(reasons []cancellation) *apiError {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	err := failure("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	err.Reasons = reasons
	return err
}

// reasonFor puts the error of one item into the words of a cancellation.
func reasonFor(err error) (cancellation, bool) {
	api := asAPIError(err)
	switch api.Type {
	case nsDynamoDB + "ConditionalCheckFailedException":
		return cancellation{"ConditionalCheckFailed", api.Message, api.Item}, true
	case nsValidate + "ValidationException":
		return cancellation{"ValidationError", api.Message, nil}, true
	}
	return cancellation{}, false
}

func (e *Engine) transactWrite(ctx context.Context, in *transactWriteInput) (*transactWriteOutput, error) {
	writes, err := e.prepareTransaction(in)
	if err != nil {
		return nil, err
	}
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	tables := tablesOf(writes)
	if err := e.makeRoom(tables...); err != nil {
		return nil, err
	}
	unlock := lockTables(tables)
	if done, err := e.tokens.seen(token, e.now()); done || err != nil {
		unlock()
		return &transactWriteOutput{}, err
	}
	changes, err := runAll(writes)
	if err != nil {
		unlock()
		return nil, err
	}
	lsn := e.commit(changes, token)
	e.tokens.add(token, e.now())
	unlock()
	return &transactWriteOutput{transactUsage(changes, in.ReturnConsumedCapacity)}, e.log.Wait(ctx, lsn)
}

func (e *Engine) prepareTransaction(in *transactWriteInput) ([]*write, error) {
	if err := checkCapacityParam(in.ReturnConsumedCapacity); err != nil {
		return nil, err
	}
	if n := len(in.TransactItems); n < 1 || n > maxTransact {
		word, bound := "greater", 1
		if n > maxTransact {
			word, bound = "less", maxTransact
		}
		return nil, invalid("1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length %s than or equal to %d", word, bound)
	}
	seen, bytes := map[string]bool{}, 0
	var writes []*write
	reasons, bad := make([]cancellation, len(in.TransactItems)), false
	for i, item := range in.TransactItems {
		reasons[i].Code = "None"
		kind, input, err := item.only()
		if err != nil {
			return nil, err
		}
		w, err := e.prepare(kind, input)
		if w == nil {
			return nil, err
		}
		if err != nil { // what is wrong with the item is told as a reason
			reason, ok := reasonFor(err)
			if !ok {
				return nil, err
			}
			reasons[i], bad = reason, true
			continue
		}
		id := w.table.name + "\x00" + string(keyBytes(nil, w.table.key, w.key))
		if seen[id] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[id] = true
		bytes += w.item.Size()
		writes = append(writes, w)
	}
	switch {
	case bad:
		return nil, canceled(reasons)
	case bytes > maxTransactBytes:
		return nil, invalid("Transaction size exceeded the maximum of 4 MB")
	}
	return writes, nil
}

// only returns the one action that an item holds.
func (t transactItem) only() (kind writeKind, in *writeInput, err error) {
	for _, c := range []struct {
		kind writeKind
		in   *writeInput
	}{{writePut, t.Put}, {writeUpdate, t.Update}, {writeDelete, t.Delete}, {writeCheck, t.ConditionCheck}} {
		if c.in != nil && in != nil {
			return 0, nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		if c.in != nil {
			kind, in = c.kind, c.in
		}
	}
	switch {
	case in == nil:
		return 0, nil, invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	case kind == writeUpdate && in.UpdateExpression == nil:
		return 0, nil, invalid("1 validation error detected: Value null at 'transactItems.1.member.update.updateExpression' failed to satisfy constraint: Member must not be null")
	case kind == writeCheck && in.ConditionExpression == nil:
		return 0, nil, invalid("1 validation error detected: Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null")
	}
	return kind, in, nil
}

// token returns the client's token with a hash of what it asked for, over a form in
// which the order of maps does not matter.
func (in *transactWriteInput) token() (*usedToken, error) {
	if in.ClientRequestToken == "" {
		return nil, nil
	}
	if len(in.ClientRequestToken) > 36 {
		return nil, invalid("1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36", in.ClientRequestToken)
	}
	text, err := json.Marshal(in.TransactItems)
	if err != nil {
		return nil, err
	}
	var canonical any // marshalling a map sorts its keys
	if err := json.Unmarshal(text, &canonical); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(canonical); err != nil {
		return nil, err
	}
	return &usedToken{in.ClientRequestToken, sha256.Sum256(text)}, nil
}

// tablesOf returns every table once.
func tablesOf(writes []*write) (tables []*table) {
	for _, w := range writes {
		if !slices.Contains(tables, w.table) {
			tables = append(tables, w.table)
		}
	}
	return tables
}

// lockTables locks the tables, in the order of their names so that two
// transactions cannot wait for each other.
func lockTables(tables []*table) (unlock func()) {
	slices.SortFunc(tables, func(a, b *table) int { return strings.Compare(a.name+a.id, b.name+b.id) })
	for _, t := range tables {
		t.mu.Lock()
	}
	return func() {
		for _, t := range tables {
			t.mu.Unlock()
		}
	}
}

// runAll evaluates every write; one that fails cancels all.
func runAll(writes []*write) ([]change, error) {
	changes, reasons, failed := make([]change, len(writes)), make([]cancellation, len(writes)), false
	for i, w := range writes {
		reasons[i].Code = "None"
		c, _, err := w.run()
		if err != nil {
			reason, ok := reasonFor(err)
			if !ok {
				return nil, err
			}
			reasons[i], failed = reason, true
		}
		changes[i] = c
	}
	if failed {
		return nil, canceled(reasons)
	}
	return changes, nil
}

// transactUsage accounts twice the units of plain writes.
func transactUsage(changes []change, mode string) []*consumed {
	var order []*usage
	for _, c := range changes {
		i := slices.IndexFunc(order, func(u *usage) bool { return u.table == c.table })
		if i < 0 {
			i = len(order)
			order = append(order, &usage{table: c.table, factor: 2, write: true})
		}
		order[i].wrote(c)
	}
	var out []*consumed
	for _, u := range order {
		if c := u.report(mode); c != nil {
			out = append(out, c)
		}
	}
	return out
}

type transactGetInput struct {
	TransactItems          []struct{ Get *transactGetItem }
	ReturnConsumedCapacity string
}

type transactGetItem struct {
	TableName                string
	Key                      json.RawMessage
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

type itemResponse struct {
	Item json.RawMessage `json:",omitempty"`
}

type transactGetOutput struct {
	Responses        []itemResponse
	ConsumedCapacity []*consumed `json:",omitempty"`
}

func (e *Engine) transactGet(_ context.Context, in *transactGetInput) (*transactGetOutput, error) {
	if n := len(in.TransactItems); n < 1 || n > maxTransact {
		return nil, invalid("1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length between 1 and %d", maxTransact)
	}
	var gets []*get
	for i, item := range in.TransactItems {
		if item.Get == nil {
			return nil, invalid("1 validation error detected: Value null at 'transactItems.%d.member.get' failed to satisfy constraint: Member must not be null", i+1)
		}
		g, err := e.prepareGet(item.Get.TableName, item.Get.Key, item.Get.ProjectionExpression, expressions{ExpressionAttributeNames: item.Get.ExpressionAttributeNames})
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(gets, func(o *get) bool { return o.table == g.table && attr.EqualItems(o.key, g.key) }) {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		gets = append(gets, g)
	}
	return readAll(gets, in.ReturnConsumedCapacity)
}

// readAll reads all items at one moment.
func readAll(gets []*get, capacity string) (*transactGetOutput, error) {
	writes := make([]*write, len(gets))
	for i, g := range gets {
		writes[i] = &write{table: g.table}
	}
	defer lockTables(tablesOf(writes))()
	out := &transactGetOutput{}
	var order []*usage
	for _, g := range gets {
		r := g.read()
		out.Responses = append(out.Responses, itemResponse{itemJSON(r, g.projection)})
		i := slices.IndexFunc(order, func(u *usage) bool { return u.table == g.table })
		if i < 0 {
			i = len(order)
			order = append(order, &usage{table: g.table, factor: 2})
		}
		order[i].own += 2 * readUnits(sizeOf(r), true)
	}
	for _, u := range order {
		if c := u.report(capacity); c != nil {
			out.ConsumedCapacity = append(out.ConsumedCapacity, c)
		}
	}
	return out, nil
}
