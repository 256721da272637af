package dynamodb

import (
	"context"
	"slices"

	"github.com/askaround/askaround-go/internal/journal"
)

type tableInput struct {
	TableName *string `api:"present,table=3..255"`
}

type describeTableOutput struct{ Table description }

// namedTable is table for the operations that name it when it is not there.
func (e *Engine) namedTable(name string) (*table, error) {
	t, err := e.table(name)
	if err != nil {
		return nil, failure("ResourceNotFoundException", "Requested resource not found: Table: %s not found", e.tableName(name))
	}
	return t, nil
}

func (e *Engine) describeTable(_ context.Context, in *tableInput) (*describeTableOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &describeTableOutput{e.describe(t, "ACTIVE")}, nil
}

func (e *Engine) deleteTable(ctx context.Context, in *tableInput) (*tableOutput, error) {
	name := e.tableName(*in.TableName)
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
	Limit                   *int    `api:"range=1..100"`
	ExclusiveStartTableName *string `api:"name,len=3..255"`
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (e *Engine) listTables(_ context.Context, in *listTablesInput) (*listTablesOutput, error) {
	limit, start := 100, ""
	if in.Limit != nil {
		limit = *in.Limit
	}
	if in.ExclusiveStartTableName != nil {
		start = *in.ExclusiveStartTableName
	}
	e.mu.RLock()
	names := make([]string, 0, len(e.tables))
	for name := range e.tables {
		if name > start {
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
	t, err := e.namedTable(name)
	if err != nil {
		return err
	}
	t.mu.Lock()
	if t.deleted {
		t.mu.Unlock()
		return tableNotFound()
	}
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
