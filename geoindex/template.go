package geoindex

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TemplateOptions configure Template.
type TemplateOptions struct {
	CreateOptions
	// LogicalID names the resource within the template, letters and digits. Default "Table".
	LogicalID string
	// PointInTimeRecovery keeps continuous backups of the last 35 days.
	PointInTimeRecovery bool
	// Delete lets the table go with the stack, or when a change replaces it. Default: it
	// is retained.
	Delete bool
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

// Template returns a CloudFormation template, as JSON, of the table that [Table.Create]
// creates with the same options. Its outputs are Name, Arn and, with a stream,
// StreamArn. CloudFormation and SAM read it where YAML is expected, too.
func (t *Table) Template(optFns ...func(*TemplateOptions)) ([]byte, error) {
	o := TemplateOptions{LogicalID: "Table"}
	for _, fn := range optFns {
		fn(&o)
	}
	if !logicalID.MatchString(o.LogicalID) {
		return nil, fmt.Errorf("%w: logical id %q is not of letters and digits", ErrInvalid, o.LogicalID)
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	policy := "Retain"
	if o.Delete {
		policy = "Delete"
	}
	return json.MarshalIndent(template{
		Version:     "2010-09-09",
		Description: "Points on Earth, kept by geoindex",
		Resources: map[string]resource{o.LogicalID: {
			Type: "AWS::DynamoDB::Table", DeletionPolicy: policy, UpdateReplacePolicy: policy,
			Properties: t.properties(o),
		}},
		Outputs: o.outputs(),
	}, "", "  ")
}

// template and resource are of CloudFormation's "Template anatomy".
type template struct {
	Version     string `json:"AWSTemplateFormatVersion"`
	Description string
	Resources   map[string]resource
	Outputs     map[string]output
}

type resource struct {
	Type                                string
	DeletionPolicy, UpdateReplacePolicy string
	Properties                          properties
}

type output struct{ Value map[string]any }

func (o TemplateOptions) outputs() map[string]output {
	attribute := func(name string) output {
		return output{map[string]any{"Fn::GetAtt": []string{o.LogicalID, name}}}
	}
	out := map[string]output{"Name": {map[string]any{"Ref": o.LogicalID}}, "Arn": attribute("Arn")}
	if o.Stream != "" {
		out["StreamArn"] = attribute("StreamArn")
	}
	return out
}

// properties are those of AWS::DynamoDB::Table, which are CreateTable's in other places.
type properties struct {
	TableName                 string
	BillingMode               types.BillingMode
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	LocalSecondaryIndexes     []localIndex      `json:",omitempty"`
	GlobalSecondaryIndexes    []globalIndex     `json:",omitempty"`
	ProvisionedThroughput     *throughput       `json:",omitempty"`
	StreamSpecification       map[string]string `json:",omitempty"`
	TimeToLiveSpecification   map[string]any    `json:",omitempty"`
	DeletionProtectionEnabled bool              `json:",omitempty"`
	PointInTimeRecovery       map[string]bool   `json:"PointInTimeRecoverySpecification,omitempty"`
	Tags                      []tag             `json:",omitempty"`
}

type (
	attributeDefinition struct {
		AttributeName string
		AttributeType types.ScalarAttributeType
	}
	keyElement struct {
		AttributeName string
		KeyType       types.KeyType
	}
	throughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }
	tag        struct{ Key, Value string }
	localIndex struct {
		IndexName  string
		KeySchema  []keyElement
		Projection map[string]types.ProjectionType
	}
	globalIndex struct {
		IndexName             string
		KeySchema             []keyElement
		Projection            map[string]types.ProjectionType
		ProvisionedThroughput *throughput `json:",omitempty"`
	}
)

func (t *Table) properties(o TemplateOptions) properties {
	in := t.definition(o.CreateOptions)
	p := properties{
		TableName: t.name, BillingMode: in.BillingMode, KeySchema: keyElements(in.KeySchema),
		ProvisionedThroughput: throughputOf(in.ProvisionedThroughput), DeletionProtectionEnabled: o.DeletionProtection,
	}
	for _, a := range in.AttributeDefinitions {
		p.AttributeDefinitions = append(p.AttributeDefinitions, attributeDefinition{*a.AttributeName, a.AttributeType})
	}
	for _, l := range in.LocalSecondaryIndexes {
		p.LocalSecondaryIndexes = append(p.LocalSecondaryIndexes, localIndex{
			*l.IndexName, keyElements(l.KeySchema), map[string]types.ProjectionType{"ProjectionType": l.Projection.ProjectionType},
		})
	}
	for _, g := range in.GlobalSecondaryIndexes {
		p.GlobalSecondaryIndexes = append(p.GlobalSecondaryIndexes, globalIndex{
			*g.IndexName, keyElements(g.KeySchema),
			map[string]types.ProjectionType{"ProjectionType": g.Projection.ProjectionType}, throughputOf(g.ProvisionedThroughput),
		})
	}
	p.addSettings(t, in, o)
	return p
}

// addSettings adds what is no key.
func (p *properties) addSettings(t *Table, in *dynamodb.CreateTableInput, o TemplateOptions) {
	if s := in.StreamSpecification; s != nil {
		p.StreamSpecification = map[string]string{"StreamViewType": string(s.StreamViewType)}
	}
	if name := t.options.TTLAttribute; name != "" {
		p.TimeToLiveSpecification = map[string]any{"AttributeName": name, "Enabled": true}
	}
	if o.PointInTimeRecovery {
		p.PointInTimeRecovery = map[string]bool{"PointInTimeRecoveryEnabled": true}
	}
	for _, g := range in.Tags {
		p.Tags = append(p.Tags, tag{aws.ToString(g.Key), aws.ToString(g.Value)})
	}
}

func keyElements(schema []types.KeySchemaElement) []keyElement {
	var out []keyElement
	for _, k := range schema {
		out = append(out, keyElement{*k.AttributeName, k.KeyType})
	}
	return out
}

func throughputOf(p *types.ProvisionedThroughput) *throughput {
	if p == nil {
		return nil
	}
	return &throughput{*p.ReadCapacityUnits, *p.WriteCapacityUnits}
}
