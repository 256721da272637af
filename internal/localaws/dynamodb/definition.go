package dynamodb

import (
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// The shapes of a table's definition on the wire.
type (
	attributeDefinition struct {
		AttributeName string `api:"required,len=1..255"`
		AttributeType string `api:"required,enum=B N S"`
	}
	keySchemaElement struct {
		AttributeName string `api:"required,len=1..255"`
		KeyType       string `api:"required,enum=HASH RANGE"`
	}
	throughput struct {
		WriteCapacityUnits int64 `api:"range=1.."`
		ReadCapacityUnits  int64 `api:"range=1.."`
	}
	streamSpecification struct {
		StreamEnabled  bool
		StreamViewType string `json:",omitempty" api:"enum=NEW_IMAGE OLD_IMAGE NEW_AND_OLD_IMAGES KEYS_ONLY"`
	}
	secondaryIndex struct {
		IndexName             string             `api:"required,name,len=3..255"`
		KeySchema             []keySchemaElement `api:"required,len=1..2"`
		Projection            *projection        `api:"required"`
		ProvisionedThroughput *throughput        `json:",omitempty"`
	}
	tag struct {
		Key   string `api:"required,len=1..128"`
		Value string `api:"len=0..256"`
	}
)

// tableDefinition is what a table was made from, and all that the journal keeps of it.
type tableDefinition struct {
	TableName              string
	ID                     string
	Created                time.Time
	AttributeDefinitions   []attributeDefinition
	KeySchema              []keySchemaElement
	LocalSecondaryIndexes  []secondaryIndex             `json:",omitempty"`
	GlobalSecondaryIndexes []secondaryIndex             `json:",omitempty"`
	BillingMode            string                       // PROVISIONED or PAY_PER_REQUEST
	OnDemandSince          time.Time                    `json:",omitzero"` // zero where it always was, or never
	ProvisionedThroughput  throughput                   // zeros when on demand
	ThroughputHistory      map[string]throughputHistory `json:",omitempty"` // by global index; of the table itself at ""
	StreamSpecification    *streamSpecification         `json:",omitempty"`
	StreamLabel            string                       `json:",omitempty"`
	StreamShards           int                          `json:",omitempty"` // that are open; 0, in old journals, is 1
	DeletionProtection     bool                         `json:",omitempty"`
	TableClass             string                       `json:",omitempty"`
	TTLAttribute           string                       `json:",omitempty"`
	Tags                   map[string]string            `json:",omitempty"`
}

// newTable makes an empty table from a definition that was checked.
func newTable(d tableDefinition) *table {
	t := &table{
		name: d.TableName, id: d.ID, created: d.Created,
		key:        schemaOf(d.KeySchema),
		attributes: map[string]attr.Type{},
		definition: d,
		rows:       new(btree.Map[string, row]),
		tags:       d.Tags,
	}
	t.setAttributes(d.AttributeDefinitions)
	t.setTTL(d.TTLAttribute)
	for _, x := range d.LocalSecondaryIndexes {
		t.indexes = append(t.indexes, newIndex(t, x.IndexName, false, schemaOf(x.KeySchema), *x.Projection))
	}
	for _, x := range d.GlobalSecondaryIndexes {
		t.indexes = append(t.indexes, newIndex(t, x.IndexName, true, schemaOf(x.KeySchema), *x.Projection))
	}
	return t
}

func (t *table) setAttributes(definitions []attributeDefinition) {
	t.attributes = map[string]attr.Type{}
	for _, a := range definitions {
		t.attributes[a.AttributeName] = keyType(a.AttributeType)
	}
}

func keyType(name string) attr.Type {
	switch name {
	case "S":
		return attr.TypeS
	case "N":
		return attr.TypeN
	case "B":
		return attr.TypeB
	}
	return 0
}

// schemaOf reads a key schema that was checked.
func schemaOf(elements []keySchemaElement) (k keySchema) {
	for _, e := range elements {
		if e.KeyType == "HASH" {
			k.Hash = e.AttributeName
		} else {
			k.Range = e.AttributeName
		}
	}
	return k
}

// newID returns a random UUID, version 4.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// description is the TableDescription of the wire.
type description struct {
	AttributeDefinitions      []attributeDefinition
	TableName                 string
	KeySchema                 []keySchemaElement
	TableStatus               string
	CreationDateTime          float64
	ProvisionedThroughput     throughputDescription
	TableSizeBytes            int64
	ItemCount                 int
	TableArn                  string
	TableId                   string
	BillingModeSummary        *billingSummary      `json:",omitempty"`
	LocalSecondaryIndexes     []indexDescription   `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription   `json:",omitempty"`
	StreamSpecification       *streamSpecification `json:",omitempty"`
	LatestStreamLabel         string               `json:",omitempty"`
	LatestStreamArn           string               `json:",omitempty"`
	DeletionProtectionEnabled bool
	TableClassSummary         *tableClassSummary `json:",omitempty"`
}

type tableClassSummary struct{ TableClass string }

type indexDescription struct {
	IndexName             string
	KeySchema             []keySchemaElement
	Projection            projection
	IndexStatus           string                 `json:",omitempty"` // of global ones
	ProvisionedThroughput *throughputDescription `json:",omitempty"` // of global ones
	IndexSizeBytes        int64
	ItemCount             int
	IndexArn              string
}

// describe returns the table's description; the caller holds its lock.
func (e *Engine) describe(t *table, status string) description {
	d := t.definition
	out := description{
		AttributeDefinitions: d.AttributeDefinitions, TableName: t.name, KeySchema: d.KeySchema, TableStatus: status,
		CreationDateTime: seconds(t.created), ProvisionedThroughput: d.describeThroughput("", d.ProvisionedThroughput, e.now()),
		TableSizeBytes: t.bytes, ItemCount: t.rows.Len(), TableArn: e.arn(t.name), TableId: t.id,
		DeletionProtectionEnabled: d.DeletionProtection, BillingModeSummary: d.describeBilling(),
	}
	if d.TableClass != "" {
		out.TableClassSummary = &tableClassSummary{d.TableClass}
	}
	for i, x := range t.indexes {
		xd := e.describeIndex(t, x, status)
		if !x.global {
			xd.KeySchema = d.LocalSecondaryIndexes[i].KeySchema
			out.LocalSecondaryIndexes = append(out.LocalSecondaryIndexes, xd)
			continue
		}
		g := d.GlobalSecondaryIndexes[i-len(d.LocalSecondaryIndexes)]
		at := throughput{}
		if g.ProvisionedThroughput != nil {
			at = *g.ProvisionedThroughput
		}
		of := d.describeThroughput(g.IndexName, at, e.now())
		xd.KeySchema, xd.ProvisionedThroughput = g.KeySchema, &of
		out.GlobalSecondaryIndexes = append(out.GlobalSecondaryIndexes, xd)
	}
	if t.stream != nil {
		out.StreamSpecification = d.StreamSpecification
		out.LatestStreamLabel, out.LatestStreamArn = t.stream.label, t.stream.arn
	}
	return out
}

func (e *Engine) describeIndex(t *table, x *index, status string) indexDescription {
	d := indexDescription{
		IndexName: x.name, Projection: x.projection, ItemCount: x.rows.Len(), IndexSizeBytes: x.bytes,
		IndexArn: e.arn(t.name) + "/index/" + x.name,
	}
	if x.global {
		d.IndexStatus = status
	}
	return d
}

// seconds is a time as the JSON protocol writes it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func sortedTags(tags map[string]string) []tag {
	out := make([]tag, 0, len(tags))
	for k, v := range tags {
		out = append(out, tag{k, v})
	}
	slices.SortFunc(out, func(a, b tag) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}
