package dynamodb

import (
	"context"
	"slices"
	"strings"
)

// Limits of a table ("Quotas in Amazon DynamoDB").
const (
	maxLocalIndexes  = 5
	maxGlobalIndexes = 20
)

type createTableInput struct {
	AttributeDefinitions      []attributeDefinition `api:"required"`
	TableName                 *string               `api:"present,table=3..255"`
	BillingMode               string                `api:"enum=PROVISIONED PAY_PER_REQUEST"`
	ProvisionedThroughput     *throughput
	KeySchema                 []keySchemaElement `api:"required,len=1..2"`
	LocalSecondaryIndexes     []secondaryIndex
	GlobalSecondaryIndexes    []secondaryIndex
	StreamSpecification       *streamSpecification
	TableClass                string `api:"enum=STANDARD STANDARD_INFREQUENT_ACCESS"`
	DeletionProtectionEnabled bool
	Tags                      []tag
}

type tableOutput struct{ TableDescription description }

func (e *Engine) createTable(ctx context.Context, in *createTableInput) (*tableOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	d, err := e.definition(in)
	if err != nil {
		return nil, err
	}
	t := newTable(d)

	e.mu.Lock()
	if e.tables[t.name] != nil {
		e.mu.Unlock()
		return nil, failure("ResourceInUseException", "Table already exists: %s", t.name)
	}
	e.tables[t.name] = t
	if s := d.StreamSpecification; s != nil && s.StreamEnabled {
		e.openStream(t, s.StreamViewType, e.options.StreamShards, e.now())
	}
	out := &tableOutput{e.describe(t, "ACTIVE")}
	lsn := e.log.Append(Kind, encodeTable(t))
	e.mu.Unlock()
	// The wire says CREATING, as AWS does; the table can be used at once.
	out.TableDescription.TableStatus = "CREATING"
	return out, e.log.Wait(ctx, lsn)
}

// definition makes the definition of a table from an input that was checked.
func (e *Engine) definition(in *createTableInput) (tableDefinition, error) {
	d := tableDefinition{
		TableName: e.tableName(*in.TableName), AttributeDefinitions: in.AttributeDefinitions, KeySchema: in.KeySchema,
		LocalSecondaryIndexes: in.LocalSecondaryIndexes, GlobalSecondaryIndexes: in.GlobalSecondaryIndexes,
		BillingMode: in.BillingMode, DeletionProtection: in.DeletionProtectionEnabled, TableClass: in.TableClass,
		ID: newID(), Created: e.now(),
	}
	if in.BillingMode == "" {
		d.BillingMode = billingProvisioned
	}
	if in.ProvisionedThroughput != nil {
		d.ProvisionedThroughput = *in.ProvisionedThroughput
	}
	if s := in.StreamSpecification; s != nil && s.StreamEnabled {
		d.StreamSpecification = s
	}
	var err error
	d.Tags, err = addTags(nil, in.Tags)
	return d, err
}

// check checks what the constraints of the members leave, in AWS's order.
func (in *createTableInput) check() error {
	if err := checkBilling(in.BillingMode, in.ProvisionedThroughput); err != nil {
		return err
	}
	if in.BillingMode != billingOnDemand && in.ProvisionedThroughput == nil {
		return badParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if len(in.KeySchema) > len(in.AttributeDefinitions) {
		return invalid("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := checkKeySchema(in.KeySchema, in.AttributeDefinitions); err != nil {
		return err
	}
	if in.LocalSecondaryIndexes == nil && in.GlobalSecondaryIndexes == nil && len(in.KeySchema) != len(in.AttributeDefinitions) {
		return badParameter("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	if err := in.checkIndexes(); err != nil {
		return err
	}
	if err := in.checkUsed(); err != nil {
		return err
	}
	return checkStream(in.StreamSpecification)
}

func (in *createTableInput) checkIndexes() error {
	seen := map[string]bool{}
	if in.LocalSecondaryIndexes != nil && len(in.LocalSecondaryIndexes) == 0 {
		return badParameter("List of LocalSecondaryIndexes is empty")
	}
	for _, x := range in.LocalSecondaryIndexes {
		if err := in.checkLocal(x, seen); err != nil {
			return err
		}
	}
	switch {
	case len(in.LocalSecondaryIndexes) > maxLocalIndexes:
		return badParameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	case in.GlobalSecondaryIndexes != nil && len(in.GlobalSecondaryIndexes) == 0:
		return badParameter("List of GlobalSecondaryIndexes is empty")
	}
	for _, x := range in.GlobalSecondaryIndexes {
		if err := checkGlobal(x, in.AttributeDefinitions, in.BillingMode, seen); err != nil {
			return err
		}
	}
	if len(in.GlobalSecondaryIndexes) > maxGlobalIndexes {
		return badParameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	return nil
}

// checkLocal checks a local index; seen are the names of those before it.
func (in *createTableInput) checkLocal(x secondaryIndex, seen map[string]bool) error {
	table := schemaOf(in.KeySchema)
	if table.Range == "" {
		return badParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	if err := checkKeySchema(x.KeySchema, in.AttributeDefinitions); err != nil {
		return err
	}
	switch key := schemaOf(x.KeySchema); {
	case key.Range == "":
		return badParameter("Index KeySchema does not have a range key for index: %s", x.IndexName)
	case key.Hash != table.Hash:
		return badParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s",
			x.IndexName, key.Hash, table.Hash)
	}
	return checkIndex(x, seen)
}

func checkGlobal(x secondaryIndex, definitions []attributeDefinition, billing string, seen map[string]bool) error {
	if err := checkKeySchema(x.KeySchema, definitions); err != nil {
		return err
	}
	if err := checkIndex(x, seen); err != nil {
		return err
	}
	return checkIndexBilling(billing, x.IndexName, x.ProvisionedThroughput)
}

// checkIndex checks what local and global indexes have in common.
func checkIndex(x secondaryIndex, seen map[string]bool) error {
	switch p := x.Projection; {
	case p.ProjectionType == "":
		return badParameter("Unknown ProjectionType: null")
	case p.ProjectionType != "INCLUDE" && p.NonKeyAttributes != nil:
		return badParameter("ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	case p.ProjectionType == "INCLUDE" && p.NonKeyAttributes == nil:
		return badParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case seen[x.IndexName]:
		return badParameter("Duplicate index name: %s", x.IndexName)
	}
	seen[x.IndexName] = true
	return nil
}

// checkKeySchema checks the key of a table or index.
func checkKeySchema(elements []keySchemaElement, definitions []attributeDefinition) error {
	for _, k := range elements {
		if !slices.ContainsFunc(definitions, func(a attributeDefinition) bool { return a.AttributeName == k.AttributeName }) {
			var names []string
			for _, k := range elements {
				names = append(names, k.AttributeName)
			}
			return badParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]", strings.Join(names, ", "), joinNames(definitions))
		}
	}
	switch {
	case len(elements) == 2 && elements[0].AttributeName == elements[1].AttributeName:
		return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case elements[0].KeyType != "HASH":
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(elements) == 2 && elements[1].KeyType != "RANGE":
		return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

// checkUsed checks that every attribute is defined once and is a key.
func (in *createTableInput) checkUsed() error {
	used := schemaOf(in.KeySchema).names()
	for _, x := range slices.Concat(in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes) {
		used = union(used, schemaOf(x.KeySchema).names())
	}
	defined := map[string]bool{}
	for _, a := range in.AttributeDefinitions {
		if defined[a.AttributeName] {
			return badParameter("Cannot have two attributes with the same name")
		}
		defined[a.AttributeName] = true
	}
	if len(defined) != len(used) {
		return badParameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]", joinNames(in.AttributeDefinitions), strings.Join(used, ", "))
	}
	return nil
}

func joinNames(definitions []attributeDefinition) string {
	var names []string
	for _, a := range definitions {
		names = append(names, a.AttributeName)
	}
	return strings.Join(names, ", ")
}

func checkStream(s *streamSpecification) error {
	switch {
	case s == nil:
		return nil
	case !s.StreamEnabled && s.StreamViewType != "":
		return badParameter("Table is being created with a stream disabled, UpdateViewType should not be specified")
	case s.StreamEnabled && s.StreamViewType == "":
		return badParameter("Table is being created with a stream enabled, UpdateViewType should be specified")
	}
	return nil
}
