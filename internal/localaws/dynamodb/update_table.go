package dynamodb

import (
	"context"
	"maps"
	"slices"
	"time"
)

type updateTableInput struct {
	TableName                   *string `api:"present,table=3..255"`
	AttributeDefinitions        []attributeDefinition
	BillingMode                 string `api:"enum=PROVISIONED PAY_PER_REQUEST"`
	ProvisionedThroughput       *throughput
	GlobalSecondaryIndexUpdates []globalSecondaryIndexUpdate
	StreamSpecification         *streamSpecification
	TableClass                  string `api:"enum=STANDARD STANDARD_INFREQUENT_ACCESS"`
	DeletionProtectionEnabled   *bool
}

type (
	globalSecondaryIndexUpdate struct {
		Update *updateIndexAction
		Create *secondaryIndex
		Delete *deleteIndexAction
	}
	updateIndexAction struct {
		IndexName             string      `api:"required,name,len=3..255"`
		ProvisionedThroughput *throughput `api:"required"`
	}
	deleteIndexAction struct {
		IndexName string `api:"required,name,len=3..255"`
	}
)

// index is the name of the index that the update is about, "" where it is about none.
func (u globalSecondaryIndexUpdate) index() string {
	switch {
	case u.Update != nil:
		return u.Update.IndexName
	case u.Create != nil:
		return u.Create.IndexName
	case u.Delete != nil:
		return u.Delete.IndexName
	}
	return ""
}

func (e *Engine) updateTable(ctx context.Context, in *updateTableInput) (*tableOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	out := new(tableOutput)
	err := e.change(ctx, *in.TableName, func(t *table) error {
		if err := e.update(t, in); err != nil {
			return err
		}
		out.TableDescription = e.describe(t, "ACTIVE")
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.TableDescription.TableStatus = "UPDATING"
	return out, nil
}

// check checks what does not depend on the table.
func (in *updateTableInput) check() error {
	if in.BillingMode == "" && in.ProvisionedThroughput == nil && in.StreamSpecification == nil &&
		len(in.GlobalSecondaryIndexUpdates) == 0 && in.TableClass == "" && in.DeletionProtectionEnabled == nil {
		return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	if in.BillingMode == billingProvisioned && in.ProvisionedThroughput == nil {
		return badParameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	}
	if err := checkBilling(in.BillingMode, in.ProvisionedThroughput); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		name := u.index()
		switch {
		case name == "":
			return badParameter("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		case seen[name]:
			return badParameter("Only one global secondary index update per index is allowed simultaneously. Index: %s", name)
		}
		seen[name] = true
	}
	return checkStream(in.StreamSpecification)
}

// update checks everything before it changes anything.
func (e *Engine) update(t *table, in *updateTableInput) error {
	d := t.definition
	d.GlobalSecondaryIndexes = slices.Clone(d.GlobalSecondaryIndexes)
	d.ThroughputHistory = maps.Clone(d.ThroughputHistory)
	if d.ThroughputHistory == nil {
		d.ThroughputHistory = map[string]throughputHistory{}
	}
	if err := d.bill(in, e.now()); err != nil {
		return err
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
	if err := t.redefineIndexes(&d, in, e.now()); err != nil {
		return err
	}
	t.definition = d
	t.setAttributes(d.AttributeDefinitions)
	t.followIndexes()
	if s := in.StreamSpecification; s != nil {
		e.switchStream(t, s)
	}
	return nil
}

// bill changes the billing mode and the throughput of the table itself.
func (d *tableDefinition) bill(in *updateTableInput, now time.Time) error {
	mode := in.BillingMode
	if mode == "" {
		mode = d.BillingMode
	}
	if err := checkBilling(mode, in.ProvisionedThroughput); err != nil {
		return err
	}
	if mode == billingOnDemand && d.BillingMode != mode {
		d.OnDemandSince, d.ProvisionedThroughput = now, throughput{}
		for i := range d.GlobalSecondaryIndexes {
			d.GlobalSecondaryIndexes[i].ProvisionedThroughput = nil
		}
	}
	d.BillingMode = mode
	if in.ProvisionedThroughput == nil {
		return nil
	}
	return d.setThroughput("", &d.ProvisionedThroughput, *in.ProvisionedThroughput, now)
}

func (t *table) checkStreamUpdate(s *streamSpecification) error {
	switch {
	case s == nil:
	case s.StreamEnabled && t.stream != nil:
		return invalid("Table already has an enabled stream: TableName: %s", t.name)
	case !s.StreamEnabled && t.stream == nil:
		return invalid("Table is already in desired state: StreamEnabled: false")
	}
	return nil
}

// redefineIndexes changes the definition of the global indexes. At most one of them is
// created or deleted by a request, as on AWS.
func (t *table) redefineIndexes(d *tableDefinition, in *updateTableInput, now time.Time) error {
	made := 0
	for _, u := range in.GlobalSecondaryIndexUpdates {
		i := slices.IndexFunc(d.GlobalSecondaryIndexes, func(x secondaryIndex) bool { return x.IndexName == u.index() })
		switch {
		case u.Create != nil:
			made++
			if err := t.defineIndex(d, *u.Create, in.AttributeDefinitions); err != nil {
				return err
			}
		case i < 0:
			return failure("ResourceNotFoundException", "Requested resource not found")
		case u.Delete != nil:
			made++
			d.GlobalSecondaryIndexes = slices.Delete(d.GlobalSecondaryIndexes, i, i+1)
			delete(d.ThroughputHistory, u.Delete.IndexName)
		default:
			if err := d.setIndexThroughput(i, *u.Update.ProvisionedThroughput, now); err != nil {
				return err
			}
		}
	}
	if made > 1 {
		return failure("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	d.AttributeDefinitions = usedDefinitions(d)
	for _, x := range d.GlobalSecondaryIndexes {
		if err := checkIndexBilling(d.BillingMode, x.IndexName, x.ProvisionedThroughput); err != nil {
			return err
		}
	}
	return nil
}

func (d *tableDefinition) setIndexThroughput(i int, to throughput, now time.Time) error {
	x := &d.GlobalSecondaryIndexes[i]
	at := throughput{}
	if x.ProvisionedThroughput != nil {
		at = *x.ProvisionedThroughput
	}
	if err := d.setThroughput(x.IndexName, &at, to, now); err != nil {
		return err
	}
	x.ProvisionedThroughput = &at
	return nil
}

// defineIndex adds an index. The request defines its key attributes; one that the table
// has already keeps its type.
func (t *table) defineIndex(d *tableDefinition, x secondaryIndex, definitions []attributeDefinition) error {
	if t.index(x.IndexName) != nil {
		return invalid("Attempting to create an index which already exists")
	}
	if err := checkGlobal(x, definitions, d.BillingMode, map[string]bool{}); err != nil {
		return err
	}
	if len(d.GlobalSecondaryIndexes) == maxGlobalIndexes {
		return failure("LimitExceededException", "Subscriber limit exceeded: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	merged := slices.Clone(d.AttributeDefinitions)
	for _, a := range definitions {
		if !slices.ContainsFunc(merged, func(b attributeDefinition) bool { return a.AttributeName == b.AttributeName }) {
			merged = append(merged, a)
		}
	}
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x)
	d.AttributeDefinitions = merged
	return nil
}

// followIndexes makes the indexes those of the definition; new ones are filled.
func (t *table) followIndexes() {
	indexes := t.indexes[:len(t.definition.LocalSecondaryIndexes):len(t.definition.LocalSecondaryIndexes)]
	for _, x := range t.definition.GlobalSecondaryIndexes {
		index := t.index(x.IndexName)
		if index == nil {
			index = newIndex(t, x.IndexName, true, schemaOf(x.KeySchema), *x.Projection)
			index.backfill(t)
		}
		indexes = append(indexes, index)
	}
	t.indexes = indexes
}

// usedDefinitions returns the definitions of attributes that are still keys.
func usedDefinitions(d *tableDefinition) []attributeDefinition {
	used := schemaOf(d.KeySchema).names()
	for _, x := range slices.Concat(d.LocalSecondaryIndexes, d.GlobalSecondaryIndexes) {
		used = append(used, schemaOf(x.KeySchema).names()...)
	}
	return slices.DeleteFunc(slices.Clone(d.AttributeDefinitions), func(a attributeDefinition) bool { return !slices.Contains(used, a.AttributeName) })
}
