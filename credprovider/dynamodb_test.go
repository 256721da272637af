package credprovider_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/inprocess"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/access"
	"github.com/askaround/askaround-go/internal/sigv4"
)

// farSide is the local DynamoDB, which knows what the endpoint handed out.
type farSide struct {
	local   *localaws.Local
	handler http.Handler

	mu      sync.Mutex
	expired map[string]bool // sessions that DynamoDB takes for expired
}

func newFarSide(t *testing.T, w world) *farSide {
	t.Helper()
	f := &farSide{expired: map[string]bool{}}
	sessions := func(_ context.Context, accessKeyID string) (sigv4.Credentials, error) {
		s, ok := w.Session(accessKeyID)
		if !ok {
			return sigv4.Credentials{}, sigv4.ErrUnknownKey
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.expired[accessKeyID] {
			s.Expires = time.Unix(1, 0)
		}
		return sigv4.Credentials{SecretAccessKey: sigv4.Secret(s.SecretAccessKey), SessionToken: sigv4.Secret(s.SessionToken), Expires: s.Expires}, nil
	}
	var err error
	f.local, err = localaws.Open(t.Context(), func(o *localaws.Options) { o.Credentials, o.AccountID = sessions, "123456789012" })
	must(t, err)
	t.Cleanup(func() { must(t, f.local.Close()) })
	authorize := func(r access.Request) (string, bool) {
		s, _ := w.Session(r.AccessKeyID)
		return s.PrincipalARN(), w.Authorize(r.AccessKeyID, r.Action, r.Resource, r.Context)
	}
	f.handler, err = access.Guard(f.local.Handler(), sessions, authorize, func(o *access.Options) { o.AccountID = "123456789012" })
	must(t, err)
	return f
}

// expire makes DynamoDB refuse a session from now on.
func (f *farSide) expire(accessKeyID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expired[accessKeyID] = true
}

// client signs with the credentials of p.
func (f *farSide) client(p *credprovider.Provider) *dynamodb.Client {
	cfg := f.local.Config()
	p.Configure(&cfg)
	return f.clientOf(cfg)
}

func (f *farSide) clientOf(cfg aws.Config) *dynamodb.Client {
	cfg.HTTPClient = &http.Client{Transport: inprocess.Transport(f.handler)}
	return dynamodb.NewFromConfig(cfg)
}

// create makes a table as an administrator.
func (f *farSide) create(t *testing.T, table string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(f.local.Config()).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("serial_number"), AttributeType: "S"}, {AttributeName: aws.String("timestamp"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("serial_number"), KeyType: "HASH"}, {AttributeName: aws.String("timestamp"), KeyType: "RANGE"}},
	})
	must(t, err)
}

func record(table string) *dynamodb.PutItemInput {
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	return &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
		"serial_number": s("01"), "timestamp": s("2017-11-28T06:40:00Z"), "temperature": s("20"), "humidity": s("65"),
	}}
}

// TestThermostat is the source post's workflow: a record in the table that has the thing's
// name, and none in another's.
func TestThermostat(t *testing.T) {
	w := newWorld(t)
	f := newFarSide(t, w)
	f.create(t, thing)
	f.create(t, "AnothersThermostat")
	p := w.provider(t)
	client := f.client(p)
	_, err := client.PutItem(t.Context(), record(thing))
	must(t, err)
	got, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(thing), Key: map[string]types.AttributeValue{
		"serial_number": &types.AttributeValueMemberS{Value: "01"}, "timestamp": &types.AttributeValueMemberS{Value: "2017-11-28T06:40:00Z"}}})
	if err != nil || len(got.Item) != 4 {
		t.Fatal(got, err)
	}
	_, err = client.PutItem(t.Context(), record("AnothersThermostat"))
	denied(t, err, "arn:aws:dynamodb:us-east-1:123456789012:table/AnothersThermostat")
	_, err = client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String(thing)})
	denied(t, err, "dynamodb:DeleteTable")
	_, err = client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String(thing), Item: record(thing).Item}}, {Put: &types.Put{TableName: aws.String("AnothersThermostat"), Item: record(thing).Item}}}})
	denied(t, err, "AnothersThermostat")
	if n := w.Counts().Requests; n != 1 {
		t.Errorf("%d requests for credentials", n)
	}
}

func denied(t *testing.T, err error, says string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "AccessDeniedException" || !strings.Contains(refused.ErrorMessage(), says) {
		t.Errorf("got %v, want a refusal of %s", err, says)
	}
}

// TestWithoutThingName: the variable has no value then, and the policy no resource.
func TestWithoutThingName(t *testing.T) {
	w := newWorld(t)
	f := newFarSide(t, w)
	f.create(t, thing)
	p := w.provider(t, func(o *credprovider.Options) { o.ThingName = "" })
	_, err := f.client(p).PutItem(t.Context(), record(thing))
	denied(t, err, thing)
}

// TestAliasIsRepointed changes what later credentials may do, without the device.
func TestAliasIsRepointed(t *testing.T) {
	w := newWorld(t)
	f := newFarSide(t, w)
	f.create(t, thing)
	p := w.provider(t)
	client := f.client(p)
	_, err := client.PutItem(t.Context(), record(thing))
	must(t, err)
	const reader = "arn:aws:iam::123456789012:role/reader"
	must(t, w.PutRole(credprovidertest.Role{ARN: reader, AccessPolicies: []string{strings.ReplaceAll(ownTable, "dynamodb:PutItem", "dynamodb:Scan")}}))
	must(t, w.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: reader}))
	p.Invalidate(p.Status().AccessKeyID)
	_, err = client.PutItem(t.Context(), record(thing))
	denied(t, err, "dynamodb:PutItem")
}

// TestExpiredTokenIsMended: a session that DynamoDB refuses costs its caller one more
// attempt, and no error.
func TestExpiredTokenIsMended(t *testing.T) {
	t.Parallel() // the client waits before it tries again
	w := newWorld(t)
	f := newFarSide(t, w)
	f.create(t, thing)
	p := w.provider(t)
	client := f.client(p)
	for range 3 {
		_, err := client.PutItem(t.Context(), record(thing))
		must(t, err)
		f.expire(p.Status().AccessKeyID)
	}
	_, err := client.PutItem(t.Context(), record(thing))
	must(t, err)
	if n := w.Counts().Requests; n != 4 {
		t.Errorf("%d requests for credentials", n)
	}
}

// TestExpiredTokenInAnOutage ends in DynamoDB's error, after one request for others: the
// clients that try again do not storm the service.
func TestExpiredTokenInAnOutage(t *testing.T) {
	w := newWorld(t)
	f := newFarSide(t, w)
	f.create(t, thing)
	p := w.provider(t, func(o *credprovider.Options) { o.Attempts = 1 })
	client := f.client(p)
	_, err := client.PutItem(t.Context(), record(thing))
	must(t, err)
	f.expire(p.Status().AccessKeyID)
	w.Outage(credprovidertest.Status(503, "ServiceUnavailableException", ""))
	for range 5 {
		_, err = client.PutItem(t.Context(), record(thing))
		var refused smithy.APIError
		if !errors.As(err, &refused) || refused.ErrorCode() != "ExpiredTokenException" {
			t.Fatalf("got %v", err)
		}
	}
	if n := w.Counts().Requests; n != 2 {
		t.Errorf("%d requests for credentials", n)
	}
}

// TestAccessDeniedKeepsCredentials: they are good, their role is not.
func TestAccessDeniedKeepsCredentials(t *testing.T) {
	w := newWorld(t)
	f := newFarSide(t, w)
	client := f.client(w.provider(t))
	for range 3 {
		_, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
		denied(t, err, "dynamodb:ListTables")
	}
	if n := w.Counts().Requests; n != 1 {
		t.Errorf("%d requests for credentials", n)
	}
}
