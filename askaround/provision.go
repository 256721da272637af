package askaround

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Settings of the queues.
const (
	// queueVisibility must be at least the time that a worker is given for a batch.
	queueVisibility = time.Minute
	// queueRetention is the longest that SQS offers.
	queueRetention = 14 * 24 * time.Hour
	// queueReceives is how often a message is tried before SQS moves it to the
	// dead-letter queue: with the worker's back-off, an outage of over an hour.
	queueReceives = 100
)

// Provision creates the tables and queues of an installation whose names begin with
// prefix, and returns when they can be used. What exists already stays as it is, so that
// Provision may run at every start. On AWS infrastructure code makes the same.
//
// Tables are on demand. Questions, Answers, Heat and Watches have streams with new and old
// images; all expire by expires_at. An error leaves behind what was created so far;
// call again.
func Provision(ctx context.Context, db DynamoDB, q SQS, prefix string) (Resources, error) {
	r := Resources{
		Questions:  prefix + "questions",
		Answers:    prefix + "answers",
		Counted:    prefix + "counted",
		Heat:       prefix + "heat",
		Operations: prefix + "operations",
		Watches:    prefix + "watches",
	}
	if err := provisionTables(ctx, db, r); err != nil {
		return Resources{}, fmt.Errorf("askaround: provision: %w", err)
	}
	for _, queue := range []struct {
		name         string
		url, deadURL *string
	}{
		{prefix + "questions", &r.QuestionsQueue, &r.QuestionsDeadLetters},
		{prefix + "star-answers", &r.StarAnswersQueue, &r.StarAnswersDeadLetters},
		{prefix + "geo-answers", &r.GeoAnswersQueue, &r.GeoAnswersDeadLetters},
	} {
		var err error
		if *queue.url, *queue.deadURL, err = provisionQueue(ctx, q, queue.name); err != nil {
			return Resources{}, fmt.Errorf("askaround: provision queue %s: %w", queue.name, err)
		}
	}
	return r, nil
}

func provisionTables(ctx context.Context, db DynamoDB, r Resources) error {
	index, err := questionsIndex(db, r.Questions, time.Now)
	if err != nil {
		return err
	}
	err = index.Create(ctx, func(o *geoindex.CreateOptions) { o.Stream = types.StreamViewTypeNewAndOldImages })
	if err != nil && !errors.Is(err, geoindex.ErrExists) {
		return err
	}
	const noStream, noRange = "", ""
	for _, t := range []struct {
		name, hash, rang string
		stream           types.StreamViewType
	}{
		{r.Answers, attrQuestion, attrAccount, types.StreamViewTypeNewAndOldImages},
		{r.Counted, attrQuestion, attrAccount, noStream},
		{r.Heat, attrQuestion, attrPart, types.StreamViewTypeNewAndOldImages},
		{r.Operations, attrID, noRange, noStream},
		{r.Watches, attrAccount, noRange, types.StreamViewTypeNewAndOldImages},
	} {
		if err := provisionTable(ctx, db, t.name, t.hash, t.rang, t.stream); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	for _, table := range []string{r.Questions, r.Answers, r.Counted, r.Heat, r.Operations, r.Watches} {
		if err := provisionExpiry(ctx, db, table); err != nil {
			return fmt.Errorf("expiry of table %s: %w", table, err)
		}
	}
	return nil
}

// provisionTable creates a table whose keys are strings; rang "" means no range key.
func provisionTable(ctx context.Context, db DynamoDB, name, hash, rang string, stream types.StreamViewType) error {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	key := func(attribute string, kind types.KeyType) {
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &attribute, KeyType: kind})
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: &attribute, AttributeType: types.ScalarAttributeTypeS})
	}
	key(hash, types.KeyTypeHash)
	if rang != "" {
		key(rang, types.KeyTypeRange)
	}
	if stream != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: stream}
	}
	var exists *types.ResourceInUseException
	if _, err := db.CreateTable(ctx, in); err != nil && !errors.As(err, &exists) {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(db, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 5*time.Second // a local engine is ready at once
	})
	return waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, 5*time.Minute)
}

// provisionExpiry switches expiry on where it is off. A crash after the creation of a
// table may have left it so.
func provisionExpiry(ctx context.Context, db DynamoDB, table string) error {
	out, err := db.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		return err
	}
	if d := out.TimeToLiveDescription; d != nil {
		if d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling {
			return nil
		}
	}
	_, err = db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(attrExpiresAt), Enabled: aws.Bool(true)},
	})
	return err
}

// provisionQueue returns the URLs of a queue and of its dead-letter queue.
func provisionQueue(ctx context.Context, q SQS, name string) (url, deadURL string, err error) {
	retention := strconv.Itoa(int(queueRetention.Seconds()))
	deadURL, err = queueURL(ctx, q, name+"-dead-letters", map[string]string{
		string(sqstypes.QueueAttributeNameMessageRetentionPeriod): retention,
	})
	if err != nil {
		return "", "", err
	}
	attributes, err := q.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &deadURL, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return "", "", err
	}
	redrive, err := json.Marshal(map[string]any{
		"deadLetterTargetArn": attributes.Attributes[string(sqstypes.QueueAttributeNameQueueArn)],
		"maxReceiveCount":     queueReceives,
	})
	if err != nil {
		return "", "", err
	}
	url, err = queueURL(ctx, q, name, map[string]string{
		string(sqstypes.QueueAttributeNameMessageRetentionPeriod):        retention,
		string(sqstypes.QueueAttributeNameVisibilityTimeout):             strconv.Itoa(int(queueVisibility.Seconds())),
		string(sqstypes.QueueAttributeNameReceiveMessageWaitTimeSeconds): "20", // long polling
		string(sqstypes.QueueAttributeNameRedrivePolicy):                 string(redrive),
	})
	return url, deadURL, err
}

// queueURL returns the URL of the queue, which it creates where there is none.
func queueURL(ctx context.Context, q SQS, name string, attributes map[string]string) (string, error) {
	var none *sqstypes.QueueDoesNotExist
	out, err := q.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err == nil {
		return aws.ToString(out.QueueUrl), nil
	}
	if !errors.As(err, &none) {
		return "", err
	}
	created, err := q.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", err
	}
	return aws.ToString(created.QueueUrl), nil
}
