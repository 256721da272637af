package sqs

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// purgeInterval is how often a queue can be purged (API reference, PurgeQueue).
const purgeInterval = 60 * time.Second

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string `query:"Attribute"`
	Tags       map[string]string `json:"tags" query:"Tag,Key"`
}

type urlOutput struct {
	QueueURL string `json:"QueueUrl"`
}

func (e *Engine) createQueue(ctx context.Context, in createQueueInput) (any, error) {
	if in.QueueName == "" {
		return nil, missingParameter("QueueName")
	}
	s, err := parseSettings(in.Attributes)
	if err != nil {
		return nil, err
	}
	if err := checkName(in.QueueName, s.fifo); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err = e.do(ctx, func(t *tx) error {
		if q := t.queues[in.QueueName]; q != nil {
			return q.checkSame(in.Attributes)
		}
		if err := t.checkRedrive(in.QueueName, s); err != nil {
			return err
		}
		t.sequence++
		q := newQueue(definition{ID: t.sequence, Name: in.QueueName, Created: t.now / 1000, Modified: t.now / 1000,
			Attributes: in.Attributes, Tags: in.Tags}, s)
		t.remember(q)
		t.define(q)
		return nil
	})
	return urlOutput{e.url(ctx, in.QueueName)}, err
}

func checkName(name string, fifo bool) error {
	if fifo && !fifoNamePattern.MatchString(name) {
		return invalidParameter("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	}
	if !fifo && !queueNamePattern.MatchString(name) {
		return invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// checkSame compares the attributes that a second CreateQueue names. Those it does not
// name, and tags, may be what they are.
func (q *queue) checkSame(attributes map[string]string) error {
	have := q.settable()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !sameValue(name, have[name], attributes[name]) {
			return refuse("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

func (e *Engine) deleteQueue(ctx context.Context, in queueInput) (any, error) {
	return nil, e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		t.drop(q)
		q.dismiss(ErrQueueDoesNotExist)
		return nil
	})
}

func (e *Engine) purgeQueue(ctx context.Context, in queueInput) (any, error) {
	return nil, e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		if t.now-q.Purged < purgeInterval.Milliseconds() {
			return refuse("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.Name)
		}
		for _, m := range q.messages {
			t.delete(q, m)
		}
		q.Purged = t.now
		t.define(q)
		return nil
	})
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

func (e *Engine) getQueueURL(ctx context.Context, in getQueueURLInput) (any, error) {
	if in.QueueName == "" {
		return nil, missingParameter("QueueName")
	}
	err := e.do(ctx, func(t *tx) error {
		if t.queues[in.QueueName] == nil || in.QueueOwnerAWSAccountID != "" && in.QueueOwnerAWSAccountID != e.options.AccountID {
			return ErrQueueDoesNotExist
		}
		return nil
	})
	return urlOutput{e.url(ctx, in.QueueName)}, err
}

type listInput struct {
	QueueURL        string `json:"QueueUrl"` // of ListDeadLetterSourceQueues
	QueueNamePrefix string // of ListQueues
	MaxResults      *int
	NextToken       string
}

// page returns the URLs of the queues called names from the token on, and the token of
// the next page. Without MaxResults it is one page of at most 1000.
func (e *Engine) page(ctx context.Context, names []string, in listInput) (urls []string, next string, err error) {
	most := 1000
	if in.MaxResults != nil {
		if most = *in.MaxResults; most < 1 || most > 1000 {
			return nil, "", outOfRange(most, "MaxResults", "MaxResults must be an integer between 1 and 1000")
		}
	}
	slices.Sort(names)
	if in.NextToken != "" {
		after, err := base64.RawURLEncoding.DecodeString(in.NextToken)
		if err != nil {
			return nil, "", invalidParameter("Invalid or expired next token.")
		}
		at, _ := slices.BinarySearch(names, string(after)+"\x00")
		names = names[at:]
	}
	for _, name := range names[:min(most, len(names))] {
		urls = append(urls, e.url(ctx, name))
	}
	if len(names) > most && in.MaxResults != nil {
		next = base64.RawURLEncoding.EncodeToString([]byte(names[most-1]))
	}
	return urls, next, nil
}

func (e *Engine) listQueues(ctx context.Context, in listInput) (any, error) {
	var names []string
	err := e.do(ctx, func(t *tx) error {
		for name := range t.queues {
			if strings.HasPrefix(name, in.QueueNamePrefix) {
				names = append(names, name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	urls, next, err := e.page(ctx, names, in)
	return struct {
		QueueURLs []string `json:"QueueUrls,omitempty" query:"QueueUrl"`
		NextToken string   `json:",omitempty"`
	}{urls, next}, err
}

func (e *Engine) listDeadLetterSourceQueues(ctx context.Context, in listInput) (any, error) {
	var names []string
	err := e.do(ctx, func(t *tx) error {
		target, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		for name, q := range t.queues {
			if t.deadLetterQueue(q) == target {
				names = append(names, name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	urls, next, err := e.page(ctx, names, in)
	return struct {
		QueueURLs []string `json:"queueUrls" query:"QueueUrl"`
		NextToken string   `json:",omitempty"`
	}{append([]string{}, urls...), next}, err
}

type getAttributesInput struct {
	QueueURL       string   `json:"QueueUrl"`
	AttributeNames []string `query:"AttributeName"`
}

// known are the attributes that a queue can have: asking for
// others is an error, asking for one that is not set is not.
var known = []string{"All", "ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit",
	"KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"}

func (e *Engine) getQueueAttributes(ctx context.Context, in getAttributesInput) (any, error) {
	out := map[string]string{}
	err := e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		all := t.shown(q)
		for _, name := range in.AttributeNames {
			if value, ok := all[name]; ok {
				out[name] = value
			} else if !slices.Contains(known, name) {
				return unknownAttribute(name)
			}
		}
		if slices.Contains(in.AttributeNames, "All") {
			out = all
		}
		return nil
	})
	return struct {
		Attributes map[string]string `json:",omitempty" query:"Attribute"`
	}{out}, err
}

type setAttributesInput struct {
	QueueURL   string            `json:"QueueUrl"`
	Attributes map[string]string `query:"Attribute"`
}

func (e *Engine) setQueueAttributes(ctx context.Context, in setAttributesInput) (any, error) {
	if len(in.Attributes) == 0 {
		return nil, missingParameter("Attributes")
	}
	return nil, e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		merged, s, err := t.merge(q, in.Attributes)
		if err != nil {
			return err
		}
		retimed := q.fifo != nil && s.delay != q.settings.delay
		q.Attributes, q.settings, q.Modified = merged, s, t.now/1000
		t.define(q)
		if retimed {
			t.retime(q)
		}
		t.dispatch(q)
		return nil
	})
}

// merge returns what q's attributes are with some of them changed.
func (t *tx) merge(q *queue, changes map[string]string) (merged map[string]string, s settings, err error) {
	if value, set := changes["FifoQueue"]; set && value != strconv.FormatBool(q.fifo != nil) {
		return nil, s, refuse("InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
	}
	merged = map[string]string{}
	maps.Copy(merged, q.Attributes)
	maps.Copy(merged, changes)
	if s, err = parseSettings(merged); err != nil {
		return nil, s, err
	}
	if _, changed := changes["RedrivePolicy"]; changed {
		err = t.checkRedrive(q.Name, s)
	}
	return merged, s, err
}

type tagsInput struct {
	QueueURL string            `json:"QueueUrl"`
	Tags     map[string]string `query:"Tag,Key"`
	TagKeys  []string          `query:"TagKey"`
}

// checkTags holds tags to the quotas: 50 tags, keys of 1..128 and values of 0..256
// characters, no key with AWS's prefix.
func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return invalidParameter("Too many tags: a queue can have 50.")
	}
	for key, value := range tags {
		if n := len([]rune(key)); n < 1 || n > 128 || len([]rune(value)) > 256 {
			return invalidParameter("Tag keys must be between 1 and 128 characters in length, values at most 256.")
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalidParameter("Tag keys must not begin with aws:.")
		}
	}
	return nil
}

func (e *Engine) tagQueue(ctx context.Context, in tagsInput) (any, error) {
	if len(in.Tags) == 0 {
		return nil, missingParameter("Tags")
	}
	return nil, e.retag(ctx, in.QueueURL, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

func (e *Engine) untagQueue(ctx context.Context, in tagsInput) (any, error) {
	if len(in.TagKeys) == 0 {
		return nil, missingParameter("TagKeys")
	}
	return nil, e.retag(ctx, in.QueueURL, func(tags map[string]string) {
		maps.DeleteFunc(tags, func(key, _ string) bool { return slices.Contains(in.TagKeys, key) })
	})
}

func (e *Engine) retag(ctx context.Context, queueURL string, change func(map[string]string)) error {
	return e.do(ctx, func(t *tx) error {
		q, err := t.queue(queueURL)
		if err != nil {
			return err
		}
		tags := map[string]string{}
		maps.Copy(tags, q.Tags)
		change(tags)
		if err := checkTags(tags); err != nil {
			return err
		}
		q.Tags = tags
		t.define(q)
		return nil
	})
}

func (e *Engine) listQueueTags(ctx context.Context, in queueInput) (any, error) {
	tags := map[string]string{}
	err := e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err == nil {
			maps.Copy(tags, q.Tags)
		}
		return err
	})
	return struct {
		Tags map[string]string `json:",omitempty" query:"Tag,Key"`
	}{tags}, err
}
