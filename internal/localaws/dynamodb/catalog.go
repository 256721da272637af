package dynamodb

import (
	"context"
	"slices"

	"github.com/askaround/askaround-go/internal/localaws/journal"
)

type tableInput struct{ TableName string }

type describeTableOutput struct{ Table description }

func (e *Engine) describeTable(_ context.Context, in *tableInput) (*describeTableOutput, error) {
	t, err := e.table(in.TableName)
	if err != nil {
		if api := asAPIError(err); api.Type == nsDynamoDB+"ResourceNotFoundException" {
			api.Message += ": Table: " + in.TableName + " not found"
		}
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &describeTableOutput{e.describe(t, "ACTIVE")}, nil
}

func (e *Engine) deleteTable(ctx context.Context, in *tableInput) (*tableOutput, error) {
	name, err := checkTableName(in.TableName)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	t := e.tables[name]
	if t == nil {
		e.mu.Unlock()
		return nil, failure("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
	}
	t.mu.Lock()
	if t.definition.DeletionProtection {
		t.mu.Unlock()
		e.mu.Unlock()
		return nil, invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	out := &tableOutput{e.describe(t, "DELETING")}
	t.deleted = true
	if t.stream != nil {
		t.stream.close()
	}
	delete(e.tables, name)
	lsn := e.log.Append(Kind, encodeDrop(name, t.id))
	t.mu.Unlock()
	e.mu.Unlock()
	return out, e.log.Wait(ctx, lsn)
}

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   *int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (e *Engine) listTables(_ context.Context, in *listTablesInput) (*listTablesOutput, error) {
	limit := 100
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 {
			return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", limit)
		}
		if limit > 100 {
			return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100", limit)
		}
	}
	e.mu.RLock()
	names := make([]string, 0, len(e.tables))
	for name := range e.tables {
		if name > in.ExclusiveStartTableName {
			names = append(names, name)
		}
	}
	e.mu.RUnlock()
	slices.Sort(names)
	out := &listTablesOutput{TableNames: names}
	if len(names) > limit {
		out.TableNames = names[:limit]
		out.LastEvaluatedTableName = names[limit-1]
	}
	return out, nil
}

// change runs fn on the table's definition under its lock and journals what came of it.
func (e *Engine) change(ctx context.Context, name string, fn func(*table) error) error {
	t, err := e.table(name)
	if err != nil {
		return err
	}
	t.mu.Lock()
	var lsn journal.LSN
	if err = fn(t); err == nil {
		lsn = e.log.Append(Kind, encodeTable(t))
	}
	t.mu.Unlock()
	if err != nil {
		return err
	}
	return e.log.Wait(ctx, lsn)
}
