package dynamodb

import (
	"context"
	"slices"
	"strings"
)

// Billing modes.
const (
	billingProvisioned = "PROVISIONED"
	billingOnDemand    = "PAY_PER_REQUEST"
)

// Limits of a table ("Quotas in Amazon DynamoDB").
const (
	maxLocalIndexes  = 5
	maxGlobalIndexes = 20
)

type createTableInput struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	LocalSecondaryIndexes     []secondaryIndex
	GlobalSecondaryIndexes    []secondaryIndex
	BillingMode               string
	ProvisionedThroughput     *throughput
	StreamSpecification       *streamSpecification
	TableClass                string
	DeletionProtectionEnabled bool
	Tags                      []tag
}

type tableOutput struct{ TableDescription description }

func (e *Engine) createTable(ctx context.Context, in *createTableInput) (*tableOutput, error) {
	if _, err := checkTableName(in.TableName); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	d := in.definition()
	d.ID, d.Created = newID(), e.now()
	t := newTable(d)

	e.mu.Lock()
	if e.tables[t.name] != nil {
		e.mu.Unlock()
		return nil, failure("ResourceInUseException", "Table already exists: %s", t.name)
	}
	e.tables[t.name] = t
	if s := d.StreamSpecification; s != nil && s.StreamEnabled {
		e.openStream(t, s.StreamViewType, e.now())
	}
	out := &tableOutput{e.describe(t, "ACTIVE")}
	lsn := e.log.Append(Kind, encodeTable(t))
	e.mu.Unlock()
	// The wire says CREATING, as AWS does; the table can be used at once.
	out.TableDescription.TableStatus = "CREATING"
	return out, e.log.Wait(ctx, lsn)
}

func (in *createTableInput) definition() tableDefinition {
	d := tableDefinition{
		TableName: in.TableName, AttributeDefinitions: in.AttributeDefinitions, KeySchema: in.KeySchema,
		LocalSecondaryIndexes: in.LocalSecondaryIndexes, GlobalSecondaryIndexes: in.GlobalSecondaryIndexes,
		BillingMode: in.BillingMode, DeletionProtection: in.DeletionProtectionEnabled, TableClass: in.TableClass,
	}
	if d.BillingMode == "" {
		d.BillingMode = billingProvisioned
	}
	if in.ProvisionedThroughput != nil {
		d.ProvisionedThroughput = *in.ProvisionedThroughput
	}
	if s := in.StreamSpecification; s != nil && s.StreamEnabled {
		d.StreamSpecification = s
	}
	for _, t := range in.Tags {
		if d.Tags == nil {
			d.Tags = map[string]string{}
		}
		d.Tags[t.Key] = t.Value
	}
	return d
}

func (in *createTableInput) check() error {
	if err := checkKeySchema(in.KeySchema); err != nil {
		return err
	}
	if err := checkBilling(in.BillingMode, in.ProvisionedThroughput); err != nil {
		return err
	}
	if err := checkStream(in.StreamSpecification); err != nil {
		return err
	}
	used := slices.Clone(schemaOf(in.KeySchema).names())
	seen := map[string]bool{}
	for i, list := range [][]secondaryIndex{in.LocalSecondaryIndexes, in.GlobalSecondaryIndexes} {
		if limit := [...]int{maxLocalIndexes, maxGlobalIndexes}[i]; len(list) > limit {
			return badParameter("Number of %sSecondaryIndexes exceeds per-table limit of %d", [...]string{"Local", "Global"}[i], limit)
		}
		for _, x := range list {
			if seen[x.IndexName] {
				return badParameter("Duplicate index name: %s", x.IndexName)
			}
			seen[x.IndexName] = true
			if err := checkIndex(x, i == 0, schemaOf(in.KeySchema)); err != nil {
				return err
			}
			used = append(used, schemaOf(x.KeySchema).names()...)
		}
	}
	return checkDefinitions(in.AttributeDefinitions, used)
}

func checkKeySchema(elements []keyElement) error {
	switch {
	case len(elements) == 0:
		return invalid("1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null")
	case len(elements) > 2:
		return invalid("1 validation error detected: Value '%v' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2", elements)
	case elements[0].KeyType != "HASH":
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(elements) == 2 && elements[1].KeyType != "RANGE":
		return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	case len(elements) == 2 && elements[0].AttributeName == elements[1].AttributeName:
		return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	return nil
}

func checkBilling(mode string, t *throughput) error {
	switch mode {
	case "", billingProvisioned:
		if t == nil {
			return badParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
		}
		if t.ReadCapacityUnits < 1 {
			return invalid("1 validation error detected: Value '%d' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1", t.ReadCapacityUnits)
		}
		if t.WriteCapacityUnits < 1 {
			return invalid("1 validation error detected: Value '%d' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1", t.WriteCapacityUnits)
		}
	case billingOnDemand:
		if t != nil {
			return badParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
	default:
		return invalid("1 validation error detected: Value '%s' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]", mode)
	}
	return nil
}

var viewTypes = []string{"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"}

func checkStream(s *streamSpecification) error {
	switch {
	case s == nil:
		return nil
	case !s.StreamEnabled && s.StreamViewType != "":
		return badParameter("StreamViewType cannot be specified when StreamEnabled is false")
	case s.StreamEnabled && !slices.Contains(viewTypes, s.StreamViewType):
		return badParameter("StreamViewType must be one of [%s] when StreamEnabled is true", strings.Join(viewTypes, ", "))
	}
	return nil
}

func checkIndex(x secondaryIndex, local bool, table keySchema) error {
	if !tableNamePattern.MatchString(x.IndexName) {
		return invalid("1 validation error detected: Value '%s' at 'indexName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", x.IndexName)
	}
	if err := checkKeySchema(x.KeySchema); err != nil {
		return err
	}
	if local {
		if schemaOf(x.KeySchema).Range == "" {
			return badParameter("Index KeySchema does not have a range key for index: %s", x.IndexName)
		}
		if schemaOf(x.KeySchema).Hash != table.Hash {
			return badParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s", x.IndexName)
		}
		if table.Range == "" {
			return badParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
		}
	}
	p := x.Projection
	switch {
	case p == nil:
		return badParameter("Unknown ProjectionType: null")
	case !slices.Contains([]string{"ALL", "KEYS_ONLY", "INCLUDE"}, p.ProjectionType):
		return badParameter("Unknown ProjectionType: %s", p.ProjectionType)
	case p.ProjectionType != "INCLUDE" && len(p.NonKeyAttributes) > 0:
		return badParameter("ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
	case p.ProjectionType == "INCLUDE" && len(p.NonKeyAttributes) == 0:
		return badParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	return nil
}

// checkDefinitions checks that exactly the key attributes are defined.
func checkDefinitions(definitions []attributeDefinition, used []string) error {
	defined := map[string]bool{}
	for _, a := range definitions {
		if keyType(a.AttributeType) == 0 {
			return invalid("1 validation error detected: Value '%s' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]", a.AttributeType)
		}
		if defined[a.AttributeName] {
			return badParameter("Cannot have two attributes with the same name")
		}
		defined[a.AttributeName] = true
	}
	used = union(used, nil)
	for _, name := range used {
		if !defined[name] {
			return badParameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]", strings.Join(used, ", "), joinNames(definitions))
		}
	}
	if len(defined) != len(used) {
		return badParameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]", joinNames(definitions), strings.Join(used, ", "))
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
