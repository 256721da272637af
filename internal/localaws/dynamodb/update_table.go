package dynamodb

import (
	"context"
	"slices"
)

type updateTableInput struct {
	TableName                   string
	AttributeDefinitions        []attributeDefinition
	BillingMode                 string
	ProvisionedThroughput       *throughput
	StreamSpecification         *streamSpecification
	GlobalSecondaryIndexUpdates []indexUpdate
	TableClass                  string
	DeletionProtectionEnabled   *bool
}

type indexUpdate struct {
	Create *secondaryIndex
	Update *struct {
		IndexName             string
		ProvisionedThroughput *throughput
	}
	Delete *struct{ IndexName string }
}

func (e *Engine) updateTable(ctx context.Context, in *updateTableInput) (*tableOutput, error) {
	if in.BillingMode == "" && in.ProvisionedThroughput == nil && in.StreamSpecification == nil &&
		len(in.GlobalSecondaryIndexUpdates) == 0 && in.TableClass == "" && in.DeletionProtectionEnabled == nil {
		return nil, invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	out := new(tableOutput)
	err := e.change(ctx, in.TableName, func(t *table) error {
		if err := e.update(t, in); err != nil {
			return err
		}
		out.TableDescription = e.describe(t, "ACTIVE")
		return nil
	})
	out.TableDescription.TableStatus = "UPDATING"
	return out, err
}

// update checks everything before it changes anything.
func (e *Engine) update(t *table, in *updateTableInput) error {
	d := t.definition
	if in.BillingMode != "" || in.ProvisionedThroughput != nil {
		mode := in.BillingMode
		if mode == "" {
			mode = d.BillingMode
		}
		if err := checkBilling(mode, in.ProvisionedThroughput); err != nil {
			return err
		}
		d.BillingMode, d.ProvisionedThroughput = mode, throughput{}
		if in.ProvisionedThroughput != nil {
			d.ProvisionedThroughput = *in.ProvisionedThroughput
		}
	}
	if err := t.checkStreamUpdate(in.StreamSpecification); err != nil {
		return err
	}
	if in.TableClass != "" {
		d.TableClass = in.TableClass
	}
	if in.DeletionProtectionEnabled != nil {
		d.DeletionProtection = *in.DeletionProtectionEnabled
	}
	indexes, err := t.updateIndexes(&d, in)
	if err != nil {
		t.setAttributes(t.definition.AttributeDefinitions)
		return err
	}
	t.definition, t.indexes = d, indexes
	if s := in.StreamSpecification; s != nil {
		e.switchStream(t, s)
	}
	return nil
}

func (t *table) checkStreamUpdate(s *streamSpecification) error {
	if err := checkStream(s); err != nil || s == nil {
		return err
	}
	if s.StreamEnabled && t.stream != nil {
		return invalid("Table already has an enabled stream: TableName: %s", t.name)
	}
	if !s.StreamEnabled && t.stream == nil {
		return invalid("Table is already in desired state: StreamEnabled: false")
	}
	return nil
}

// updateIndexes changes d and returns the indexes that go with it. At most one global
// index is created or deleted by a request, as on AWS.
func (t *table) updateIndexes(d *tableDefinition, in *updateTableInput) ([]*index, error) {
	indexes, made := slices.Clone(t.indexes), 0
	d.GlobalSecondaryIndexes = slices.Clone(d.GlobalSecondaryIndexes)
	for _, u := range in.GlobalSecondaryIndexUpdates {
		switch {
		case u.Create != nil:
			made++
			x, err := t.createIndex(d, *u.Create, in.AttributeDefinitions)
			if err != nil {
				return nil, err
			}
			indexes = append(indexes, x)
		case u.Delete != nil:
			made++
			i := slices.IndexFunc(d.GlobalSecondaryIndexes, func(x secondaryIndex) bool { return x.IndexName == u.Delete.IndexName })
			if i < 0 {
				return nil, failure("ResourceNotFoundException", "Requested resource not found")
			}
			d.GlobalSecondaryIndexes = slices.Delete(d.GlobalSecondaryIndexes, i, i+1)
			indexes = slices.DeleteFunc(indexes, func(x *index) bool { return x.name == u.Delete.IndexName })
			d.AttributeDefinitions = usedDefinitions(d)
		case u.Update != nil:
			i := slices.IndexFunc(d.GlobalSecondaryIndexes, func(x secondaryIndex) bool { return x.IndexName == u.Update.IndexName })
			if i < 0 {
				return nil, failure("ResourceNotFoundException", "Requested resource not found")
			}
			d.GlobalSecondaryIndexes[i].ProvisionedThroughput = u.Update.ProvisionedThroughput
		}
	}
	if made > 1 {
		return nil, failure("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	t.setAttributes(d.AttributeDefinitions)
	return indexes, nil
}

func (t *table) createIndex(d *tableDefinition, x secondaryIndex, definitions []attributeDefinition) (*index, error) {
	if t.index(x.IndexName) != nil {
		return nil, invalid("Attempting to create an index which already exists")
	}
	if err := checkIndex(x, false, t.key); err != nil {
		return nil, err
	}
	merged := slices.Clone(d.AttributeDefinitions)
	for _, a := range definitions {
		i := slices.IndexFunc(merged, func(b attributeDefinition) bool { return a.AttributeName == b.AttributeName })
		if i < 0 {
			merged = append(merged, a)
		} else if merged[i].AttributeType != a.AttributeType {
			return nil, badParameter("Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. Existing schema: Schema:[SchemaElement: key{%s:%s}] New schema: Schema:[SchemaElement: key{%s:%s}]", a.AttributeName, merged[i].AttributeType, a.AttributeName, a.AttributeType)
		}
	}
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x)
	d.AttributeDefinitions = merged
	if used := usedDefinitions(d); len(used) != len(merged) {
		return nil, badParameter("Some AttributeDefinitions are not used")
	}
	for _, name := range schemaOf(x.KeySchema).names() {
		if !slices.ContainsFunc(merged, func(a attributeDefinition) bool { return a.AttributeName == name }) {
			return nil, badParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]", name, joinNames(merged))
		}
	}
	t.setAttributes(merged)
	index := newIndex(t, x.IndexName, true, schemaOf(x.KeySchema), *x.Projection)
	index.backfill(t)
	return index, nil
}

// usedDefinitions returns the definitions of attributes that are still keys.
func usedDefinitions(d *tableDefinition) []attributeDefinition {
	used := schemaOf(d.KeySchema).names()
	for _, x := range slices.Concat(d.LocalSecondaryIndexes, d.GlobalSecondaryIndexes) {
		used = append(used, schemaOf(x.KeySchema).names()...)
	}
	return slices.DeleteFunc(slices.Clone(d.AttributeDefinitions), func(a attributeDefinition) bool { return !slices.Contains(used, a.AttributeName) })
}
