package dynamodb

import (
	"context"
	"maps"
	"strings"
)

type tagInput struct {
	ResourceArn string
	Tags        []tag
	TagKeys     []string
}

type empty struct{}

// tagged returns the name of the table that an ARN names.
func (e *Engine) tagged(arn string) (string, error) {
	name, ok := strings.CutPrefix(arn, e.arn(""))
	if !ok {
		return "", invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", arn)
	}
	if _, err := e.table(name); err != nil {
		return "", failure("ResourceNotFoundException", "Requested resource not found: ResourceArn: %s not found", arn)
	}
	return name, nil
}

func (e *Engine) tagResource(ctx context.Context, in *tagInput) (*empty, error) {
	name, err := e.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, invalid("Atleast one Tag needs to be provided as Input.")
	}
	return &empty{}, e.change(ctx, name, func(t *table) error {
		tags := maps.Clone(t.tags)
		if tags == nil {
			tags = map[string]string{}
		}
		for _, tag := range in.Tags {
			tags[tag.Key] = tag.Value
		}
		if len(tags) > 50 {
			return failure("LimitExceededException", "Subscriber limit exceeded: The number of tags exceeds 50")
		}
		t.tags = tags
		return nil
	})
}

func (e *Engine) untagResource(ctx context.Context, in *tagInput) (*empty, error) {
	name, err := e.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, invalid("Atleast one Tag Key needs to be provided as Input.")
	}
	return &empty{}, e.change(ctx, name, func(t *table) error {
		t.tags = maps.Clone(t.tags)
		for _, key := range in.TagKeys {
			delete(t.tags, key)
		}
		return nil
	})
}

type listTagsOutput struct{ Tags []tag }

func (e *Engine) listTags(_ context.Context, in *tagInput) (*listTagsOutput, error) {
	name, err := e.tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	t, err := e.table(name)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &listTagsOutput{sortedTags(t.tags)}, nil
}

type limitsOutput struct {
	AccountMaxReadCapacityUnits  int
	AccountMaxWriteCapacityUnits int
	TableMaxReadCapacityUnits    int
	TableMaxWriteCapacityUnits   int
}

// describeLimits tells the initial quotas of an account.
func (e *Engine) describeLimits(context.Context, *empty) (*limitsOutput, error) {
	return &limitsOutput{80_000, 80_000, 40_000, 40_000}, nil
}

type endpointsOutput struct{ Endpoints []endpoint }

type endpoint struct {
	Address              string
	CachePeriodInMinutes int
}

func (e *Engine) describeEndpoints(context.Context, *empty) (*endpointsOutput, error) {
	return &endpointsOutput{[]endpoint{{"dynamodb." + e.options.Region + ".amazonaws.com", 1440}}}, nil
}
