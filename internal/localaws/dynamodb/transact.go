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

// TransactWriteInput is the input of [Engine.TransactWriteItems].
type TransactWriteInput struct {
	ReturnConsumedCapacity      string              `api:"enum=INDEXES TOTAL NONE"`
	ReturnItemCollectionMetrics string              `api:"enum=SIZE NONE"`
	ClientRequestToken          *string             `api:"len=1..36"`
	TransactItems               []TransactWriteItem `api:"required,len=1..100"`
}

// TransactWriteItem has one action.
type TransactWriteItem struct {
	ConditionCheck *WriteInput `api:"require=Key ConditionExpression"`
	Put            *WriteInput `api:"require=Item"`
	Delete         *WriteInput `api:"require=Key"`
	Update         *WriteInput `api:"require=Key UpdateExpression"`
}

// TransactWriteOutput is what a transaction tells.
type TransactWriteOutput struct {
	ConsumedCapacity      []*Consumed                     `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetrics `json:",omitempty"`
}

// Cancellation is why one item of a transaction did not come about.
type Cancellation struct {
	Code    string // "None" for the items that were not at fault
	Message string
	Item    Image
}

func (c Cancellation) appendJSON(dst []byte) []byte {
	dst = attr.AppendString(append(dst, `{"Code":`...), c.Code)
	if c.Message != "" {
		dst = attr.AppendString(append(dst, `,"Message":`...), c.Message)
	}
	if !c.Item.IsZero() {
		dst = c.Item.appendJSON(append(dst, `,"Item":`...))
	}
	return append(dst, '}')
}

// fate collects what becomes of each item of a transaction.
type fate struct {
	items   int
	reasons []Cancellation // of all items, once one has failed
}

// fail notes that the error of one item cancels the transaction. An error that is not
// about the item, such as a table that does not exist, is returned: it is the answer.
func (f *fate) fail(item int, err error) error {
	api := asAPIError(err)
	code := cancellationCodes[api.Type]
	if code == "" || api.whole {
		return err
	}
	if f.reasons == nil {
		f.reasons = slices.Repeat([]Cancellation{{Code: "None"}}, f.items)
	}
	f.reasons[item] = Cancellation{code, api.Message, api.Item}
	return nil
}

var cancellationCodes = map[string]string{
	nsDynamoDB + "ConditionalCheckFailedException":        "ConditionalCheckFailed",
	nsValidate + "ValidationException":                    "ValidationError",
	nsDynamoDB + "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
}

// err returns the answer to a transaction that is canceled, nil to one that is not.
func (f *fate) err() error {
	if f.reasons == nil {
		return nil
	}
	codes := make([]string, len(f.reasons))
	for i, r := range f.reasons {
		codes[i] = r.Code
	}
	err := failure("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	err.Reasons = f.reasons
	return err
}

func (e *Engine) transactWrite(ctx context.Context, in *TransactWriteInput) (*TransactWriteOutput, error) {
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
		usages := readUsages(writes)
		unlock()
		return &TransactWriteOutput{ConsumedCapacity: reportTables(usages, in.ReturnConsumedCapacity)}, err
	}
	changes, err := runAll(writes)
	var usages []*usage
	if err == nil {
		usages = e.usagesOf(changes, in.ReturnConsumedCapacity)
		err = e.spendAll(usages)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	lsn := e.commit(changes, token)
	e.tokens.add(token, e.now())
	out := &TransactWriteOutput{
		ConsumedCapacity:      reportTables(usages, in.ReturnConsumedCapacity),
		ItemCollectionMetrics: collections(writes, in.ReturnItemCollectionMetrics),
	}
	unlock()
	return out, e.log.Wait(ctx, lsn)
}

func (e *Engine) prepareTransaction(in *TransactWriteInput) ([]*write, error) {
	writes := make([]*write, 0, len(in.TransactItems))
	seen, size := itemSet{}, 0
	fate := fate{items: len(in.TransactItems)}
	for i, item := range in.TransactItems {
		kind, input, err := item.only()
		if err != nil {
			return nil, err
		}
		w, err := e.prepare(kind, input)
		if w == nil {
			return nil, err
		}
		if err != nil {
			if err := fate.fail(i, err); err != nil {
				return nil, err
			}
			continue
		}
		if !seen.add(w.id()) {
			return nil, errSameItem
		}
		size += w.size
		writes = append(writes, w)
	}
	if err := checkTransactionSize(size); err != nil {
		return nil, err
	}
	return writes, fate.err()
}

func checkTransactionSize(size int) error {
	if size > maxTransactBytes {
		return invalid("Transaction payload size cannot exceed 4MB. Payload Size: %d", size)
	}
	return nil
}

var errSameItem = invalid("Transaction request cannot include multiple operations on one item")

// only returns the one action that an item holds.
func (t TransactWriteItem) only() (kind writeKind, in *WriteInput, err error) {
	for _, c := range []struct {
		kind writeKind
		in   *WriteInput
	}{{writePut, t.Put}, {writeUpdate, t.Update}, {writeDelete, t.Delete}, {writeCheck, t.ConditionCheck}} {
		if c.in != nil && in != nil {
			return 0, nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		if c.in != nil {
			kind, in = c.kind, c.in
		}
	}
	if in == nil {
		return 0, nil, invalid("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request")
	}
	return kind, in, nil
}

// token returns the client's token with a hash of what it asked for, over a form in
// which the order of maps does not matter.
func (in *TransactWriteInput) token() (*usedToken, error) {
	if in.ClientRequestToken == nil {
		return nil, nil
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
	return &usedToken{*in.ClientRequestToken, sha256.Sum256(text)}, nil
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
	changes, fate := make([]change, len(writes)), fate{items: len(writes)}
	for i, w := range writes {
		c, _, err := w.run()
		if err != nil {
			if err := fate.fail(i, err); err != nil {
				return nil, err
			}
		}
		changes[i] = c
	}
	return changes, fate.err()
}

// usagesOf accounts each change of a transaction: twice the units of a plain write. What
// nobody asks for is not accounted.
func (e *Engine) usagesOf(changes []change, mode string) []*usage {
	if mode == "" && !e.options.EnforceThroughput {
		return nil
	}
	usages := make([]*usage, len(changes))
	for i, c := range changes {
		usages[i] = &usage{table: c.table, factor: 2, write: true}
		usages[i].wrote(c)
	}
	return usages
}

// readUsages accounts the repetition of a transaction that was done: it reads the items
// ("the number of read capacity units consumed in reading the item").
func readUsages(writes []*write) []*usage {
	usages := make([]*usage, len(writes))
	for i, w := range writes {
		size := max(sizeOf(w.find()), w.item.Size())
		usages[i] = &usage{table: w.table, factor: 2, own: 2 * readUnits(size, true)}
	}
	return usages
}

// reportTables sums the usages by table, in the order of the first of each.
func reportTables(usages []*usage, mode string) (out []*Consumed) {
	if mode != "TOTAL" && mode != "INDEXES" {
		return nil
	}
	var sums []*usage
	for _, u := range usages {
		i := slices.IndexFunc(sums, func(sum *usage) bool { return sum.table == u.table })
		if i < 0 {
			i = len(sums)
			sums = append(sums, &usage{table: u.table, factor: u.factor, write: u.write})
		}
		sums[i].add(u)
	}
	for _, sum := range sums {
		out = append(out, sum.report(mode))
	}
	return out
}

type transactGetInput struct {
	ReturnConsumedCapacity string            `api:"enum=INDEXES TOTAL NONE"`
	TransactItems          []transactGetItem `api:"required,len=1..100"`
}

type transactGetItem struct {
	Get *GetInput `api:"required"`
}

type itemResponse struct {
	Item json.RawMessage `json:",omitempty"` // absent where nothing is there, or nothing is projected
}

type transactGetOutput struct {
	Responses        []itemResponse
	ConsumedCapacity []*Consumed `json:",omitempty"`
}

func (e *Engine) transactGet(_ context.Context, in *transactGetInput) (*transactGetOutput, error) {
	var gets []*get
	seen, fate := itemSet{}, fate{items: len(in.TransactItems)}
	for i, item := range in.TransactItems {
		g, err := e.prepareGet(item.Get, legacy{})
		if g == nil {
			return nil, err
		}
		if err != nil {
			if err := fate.fail(i, err); err != nil {
				return nil, err
			}
			continue
		}
		if !seen.add(g.table.itemID(g.key)) {
			return nil, errSameItem
		}
		gets = append(gets, g)
	}
	if err := fate.err(); err != nil {
		return nil, err
	}
	return e.readAll(gets, in.ReturnConsumedCapacity)
}

// readAll reads all items at one moment.
func (e *Engine) readAll(gets []*get, capacity string) (*transactGetOutput, error) {
	writes := make([]*write, len(gets))
	for i, g := range gets {
		writes[i] = &write{table: g.table}
	}
	defer lockTables(tablesOf(writes))()
	out := &transactGetOutput{}
	usages, total := make([]*usage, len(gets)), 0
	for i, g := range gets {
		r := g.read()
		total += sizeOf(r)
		item := itemJSON(r, g.projection)
		if string(item) == "{}" {
			item = nil
		}
		out.Responses = append(out.Responses, itemResponse{item})
		usages[i] = &usage{table: g.table, factor: 2, own: 2 * readUnits(sizeOf(r), true)}
	}
	if err := checkTransactionSize(total); err != nil {
		return nil, err
	}
	if err := e.spendAll(usages); err != nil {
		return nil, err
	}
	out.ConsumedCapacity = reportTables(usages, capacity)
	return out, nil
}
