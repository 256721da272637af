package conformance

import (
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var settingCases = []testCase{
	{"tags are set, replaced and removed", tags},
	{"tags come with the table", func(s *scene) {
		in := plainTable.input(s.prefix + "-tagged")
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		out, err := s.db.CreateTable(s.ctx, in)
		s.must(err)
		s.made = append(s.made, *in.TableName)
		s.must(active(s.ctx, s.db, *in.TableName))
		s.want("tags", s.tags(out.TableDescription.TableArn), map[string]string{"k": "v"})
	}},
	{"time to live is switched and described", timeToLive},
	{"time to live that is on is not switched on, nor off when off", func(s *scene) {
		name := s.table(plainTable)
		s.invalid("off", s.setTTL(name, "ttl", false), "TimeToLive is already disabled")
		s.must(s.setTTL(name, "ttl", true))
		s.invalid("on", s.setTTL(name, "ttl", true), "TimeToLive is already enabled")
	}},
	{"the quotas of an account", func(s *scene) {
		out, err := s.db.DescribeLimits(s.ctx, &dynamodb.DescribeLimitsInput{})
		s.must(err)
		s.want("read units of a table", aws.ToInt64(out.TableMaxReadCapacityUnits), int64(40_000))
	}},
	{"an endpoint is told", func(s *scene) {
		out, err := s.db.DescribeEndpoints(s.ctx, &dynamodb.DescribeEndpointsInput{})
		s.must(err)
		s.want("endpoints", len(out.Endpoints), 1)
	}},
	{"the size of an item collection is estimated where there are local indexes", collectionMetrics},
	{"and by transactions", transactionMetrics},
}

func (s *scene) tags(arn *string) map[string]string {
	out, err := s.db.ListTagsOfResource(s.ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	s.must(err)
	m := map[string]string{}
	for _, t := range out.Tags {
		m[*t.Key] = *t.Value
	}
	return m
}

func tags(s *scene) {
	arn := s.describe(s.table(plainTable)).TableArn
	s.want("at first", s.tags(arn), map[string]string{})
	tag := func(pairs ...string) error {
		in := &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{}}
		for i := 0; i < len(pairs); i += 2 {
			in.Tags = append(in.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		_, err := s.db.TagResource(s.ctx, in)
		return err
	}
	s.must(tag("a", "1", "b", "2"))
	s.must(tag("b", "3", "c", ""))
	_, err := s.db.UntagResource(s.ctx, &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "none"}})
	s.must(err)
	s.want("in the end", s.tags(arn), map[string]string{"b": "3", "c": ""})
	s.invalid("no tag", tag(), "")
	var many []string
	for i := range 51 {
		many = append(many, strconv.Itoa(i), "v")
	}
	s.want("51 tags are refused", tag(many...) != nil, true)
	none := *arn + "-none"
	_, err = s.db.ListTagsOfResource(s.ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &none})
	s.want("an ARN of nothing is refused", err != nil, true)
}

func (s *scene) setTTL(name, attribute string, on bool) error {
	_, err := s.db.UpdateTimeToLive(s.ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &attribute, Enabled: &on}})
	return err
}

func timeToLive(s *scene) {
	name := s.table(plainTable)
	described := func() *types.TimeToLiveDescription {
		out, err := s.db.DescribeTimeToLive(s.ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
		s.must(err)
		return out.TimeToLiveDescription
	}
	s.want("at first", described().TimeToLiveStatus, types.TimeToLiveStatusDisabled)
	s.must(s.setTTL(name, "ttl", true))
	s.want("on", described().TimeToLiveStatus, types.TimeToLiveStatusEnabled)
	s.want("attribute", aws.ToString(described().AttributeName), "ttl")
	s.must(s.setTTL(name, "ttl", false))
	s.want("off again", described().TimeToLiveStatus, types.TimeToLiveStatusDisabled)
	_, err := s.db.DescribeTimeToLive(s.ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("nowhere")})
	var none *types.ResourceNotFoundException
	s.want("no such table", errors.As(err, &none), true)
}

func collectionMetrics(s *scene) {
	name, size := s.table(thread), types.ReturnItemCollectionMetricsSize
	out, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "p", "sk": 1}), ReturnItemCollectionMetrics: size})
	s.must(err)
	if m := out.ItemCollectionMetrics; m == nil {
		s.faultf("put: no metrics")
	} else {
		s.wantItem("put: key", m.ItemCollectionKey, item{"pk": "p"})
		s.want("put: GB", m.SizeEstimateRangeGB, []float64{0, 1})
	}
	batch, err := s.db.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: {putRequest(item{"pk": "q", "sk": 1})}}, ReturnItemCollectionMetrics: size})
	s.must(err)
	s.want("batch: metrics", len(batch.ItemCollectionMetrics[name]), 1)
	other := s.table(plainTable)
	out, err = s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &other, Item: attributes(item{"pk": "p"}), ReturnItemCollectionMetrics: size})
	s.must(err)
	s.want("without local indexes there are none", out.ItemCollectionMetrics == nil, true)
}

func transactionMetrics(s *scene) {
	name, size := s.table(thread), types.ReturnItemCollectionMetricsSize
	tx, err := s.db.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{txPut(name, item{"pk": "r", "sk": 1}, "")}, ReturnItemCollectionMetrics: size})
	s.must(err)
	s.want("metrics", len(tx.ItemCollectionMetrics[name]), 1)
}
