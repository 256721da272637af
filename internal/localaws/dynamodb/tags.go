package dynamodb

import (
	"context"
	"maps"
	"strings"
)

// maxTags is how many tags a table may have.
const maxTags = 50

type (
	tagInput struct {
		ResourceArn *string
		Tags        []tag `api:"required"`
	}
	untagInput struct {
		ResourceArn *string
		TagKeys     []string `api:"required"`
	}
	listTagsInput struct {
		ResourceArn *string
		NextToken   *string
	}
	empty struct{}
)

// tagged returns the name of the table that an ARN names.
func (e *Engine) tagged(operation string, arn *string) (string, error) {
	switch {
	case arn == nil:
		return "", invalid("Invalid TableArn")
	case !isARN(*arn):
		return "", invalid("ARNs must start with 'arn:': %s", *arn)
	}
	account, name, ok := parseTableARN(*arn)
	switch {
	case !ok:
		return "", invalid("Invalid TableArn: Invalid ResourceArn provided as input %s", *arn)
	case account != e.options.AccountID:
		err := failure("", "User: arn:aws:iam::%s:root is not authorized to perform: dynamodb:%s on resource: %s", e.options.AccountID, operation, *arn)
		err.Type = nsService + "AccessDeniedException"
		return "", err
	}
	if _, err := e.table(*arn); err != nil {
		return "", failure("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", *arn) // sic
	}
	return name, nil
}

// parseTableARN reads arn:aws:dynamodb:region:account:table/name.
func parseTableARN(arn string) (account, name string, ok bool) {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[2] != "dynamodb" {
		return "", "", false
	}
	name, ok = strings.CutPrefix(parts[5], "table/")
	return parts[4], name, ok && len(name) >= 3 && isName(name)
}

// addTags returns old with tags.
func addTags(old map[string]string, tags []tag) (map[string]string, error) {
	if len(tags) == 0 {
		return old, nil
	}
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	for _, t := range tags {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return nil, badParameter("Tag keys that begin with aws: are reserved: %s", t.Key)
		}
		all[t.Key] = t.Value
	}
	if len(all) > maxTags {
		return nil, invalid("Number of Tags exceed the current limit for the provided ResourceArn")
	}
	return all, nil
}

func (e *Engine) tagResource(ctx context.Context, in *tagInput) (*empty, error) {
	name, err := e.tagged("TagResource", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, invalid("Atleast one Tag needs to be provided as Input.")
	}
	return &empty{}, e.change(ctx, name, func(t *table) (err error) {
		tags, err := addTags(t.tags, in.Tags)
		if err == nil {
			t.tags = tags
		}
		return err
	})
}

func (e *Engine) untagResource(ctx context.Context, in *untagInput) (*empty, error) {
	name, err := e.tagged("UntagResource", in.ResourceArn)
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

// listTags answers all tags at once: there is no second page to ask for.
func (e *Engine) listTags(_ context.Context, in *listTagsInput) (*listTagsOutput, error) {
	name, err := e.tagged("ListTagsOfResource", in.ResourceArn)
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
