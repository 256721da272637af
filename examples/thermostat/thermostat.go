package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/askaround/askaround-go/credprovider"
)

// thermostat is what the device knows.
type thermostat struct {
	endpoint, roleAlias, thing string
	cert, key, ca              string // files; no ca: the system's authorities
	region, dynamodb           string // no dynamodb: AWS's
	serial                     string
	temperature, humidity      float64
	others                     string // a table that is not the thing's
}

// run is the device's part: a token, a record, and one that must not be written.
func (t thermostat) run(ctx context.Context, now time.Time, tell *teller) error {
	provider, err := t.provider()
	if err != nil {
		return err
	}
	defer provider.Close()
	credentials, err := provider.RetrieveWithExpiry(ctx)
	if err != nil {
		return err
	}
	tell.step("Token", "%s until %s, from %s for the certificate", credentials.AccessKeyID, credentials.Expires.Format(time.RFC3339), t.endpoint)

	cfg := aws.Config{Region: t.region}
	provider.Configure(&cfg)
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		if t.dynamodb != "" {
			o.BaseEndpoint = &t.dynamodb
		}
	})
	record := t.record(now)
	if err := t.write(ctx, client, record, tell); err != nil {
		return err
	}
	return t.mustBeDenied(ctx, client, record, tell)
}

func (t thermostat) provider() (*credprovider.Provider, error) {
	var roots *x509.CertPool
	if t.ca != "" {
		text, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, err
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificate in PEM form", t.ca)
		}
	}
	return credprovider.New(t.endpoint, t.roleAlias, credprovider.FromFiles(t.cert, t.key), func(o *credprovider.Options) {
		o.ThingName, o.RootCAs = t.thing, roots
	})
}

type item = map[string]types.AttributeValue

func (t thermostat) record(now time.Time) item {
	number := func(v float64) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(v)} }
	return item{
		"serial_number": &types.AttributeValueMemberS{Value: t.serial},
		"timestamp":     &types.AttributeValueMemberS{Value: now.UTC().Format(time.RFC3339)},
		"temperature":   number(t.temperature),
		"humidity":      number(t.humidity),
	}
}

// write writes the record to the table with the thing's name, and reads it again.
func (t thermostat) write(ctx context.Context, client *dynamodb.Client, record item, tell *teller) error {
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.thing, Item: record})
	if err != nil {
		return fmt.Errorf("writing to table %s: %w", t.thing, err)
	}
	out, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.thing, ConsistentRead: aws.Bool(true),
		Key: item{"serial_number": record["serial_number"], "timestamp": record["timestamp"]}})
	if err != nil {
		return fmt.Errorf("reading table %s: %w", t.thing, err)
	}
	tell.step("Record", "in table %s: serial_number %s, timestamp %s, temperature %s, humidity %s", t.thing,
		text(out.Item["serial_number"]), text(out.Item["timestamp"]), text(out.Item["temperature"]), text(out.Item["humidity"]))
	return nil
}

// errNotDenied: the role allows more than it should.
var errNotDenied = errors.New("the record was not refused: the role's policy allows too much")

func (t thermostat) mustBeDenied(ctx context.Context, client *dynamodb.Client, record item, tell *teller) error {
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.others, Item: record})
	var refused smithy.APIError
	switch {
	case err == nil:
		return fmt.Errorf("table %s: %w", t.others, errNotDenied)
	case errors.As(err, &refused) && refused.ErrorCode() == "AccessDeniedException":
		tell.step("Denied", "table %s: %s", t.others, refused.ErrorMessage())
		return nil
	}
	return fmt.Errorf("table %s: want a refusal: %w", t.others, err)
}

// text is a string or a number.
func text(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return "(missing)"
}
