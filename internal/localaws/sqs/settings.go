package sqs

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are a queue's attributes as the engine uses them.
type settings struct {
	visibility, delay, retention, wait time.Duration
	maxSize                            int // bytes
	redrive                            *redrive
	allow                              *allowance
	fifo                               bool
	contentBased, perGroup             bool // of deduplication, in a FIFO queue
}

// redrive is a RedrivePolicy.
type redrive struct {
	target      string // ARN
	maxReceives uint64
}

// allowance is a RedriveAllowPolicy.
type allowance struct {
	permission string // "allowAll", "denyAll", "byQueue"
	sources    []string
}

// numbers are the attributes that are whole numbers: range and default, as of the API
// reference of SetQueueAttributes. KmsDataKeyReusePeriodSeconds shows only when set.
var numbers = map[string]struct{ least, most, otherwise int }{
	"DelaySeconds":                  {0, 900, 0},
	"KmsDataKeyReusePeriodSeconds":  {60, 86_400, 300},
	"MaximumMessageSize":            {1024, maxMessageSize, maxMessageSize},
	"MessageRetentionPeriod":        {60, 1_209_600, 345_600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, maxVisibility, 30},
}

const (
	maxMessageSize = 1 << 20 // bytes; also of a whole batch
	maxVisibility  = 43_200  // seconds
)

// parseSettings reads attributes as clients set them. An empty value of a policy means
// none.
func parseSettings(attributes map[string]string) (settings, error) {
	var s settings
	values := map[string]int{}
	for name, n := range numbers {
		values[name] = n.otherwise
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		if n, ok := numbers[name]; ok {
			v, err := strconv.Atoi(value)
			if err != nil || v < n.least || v > n.most {
				return s, invalidAttribute(name)
			}
			values[name] = v
			continue
		}
		var err error
		switch name {
		case "RedrivePolicy":
			s.redrive, err = parseRedrive(value)
		case "RedriveAllowPolicy":
			s.allow, err = parseAllowance(value)
		case "Policy":
			if value != "" && !json.Valid([]byte(value)) {
				err = invalidAttribute(name)
			}
		case "SqsManagedSseEnabled":
			if value != "true" && value != "false" {
				err = invalidAttribute(name)
			}
		case "KmsMasterKeyId":
		case "FifoQueue":
			if s.fifo = value == "true"; value == "false" {
				err = unknownAttribute(name) // as AWS says: it can only be true
			} else if !s.fifo {
				err = invalidAttribute(name)
			}
		default:
			if !slices.Contains(fifoAttributes, name) {
				err = unknownAttribute(name)
			}
		}
		if err != nil {
			return s, err
		}
	}
	seconds := func(name string) time.Duration { return time.Duration(values[name]) * time.Second }
	s.visibility, s.delay, s.retention = seconds("VisibilityTimeout"), seconds("DelaySeconds"), seconds("MessageRetentionPeriod")
	s.wait, s.maxSize = seconds("ReceiveMessageWaitTimeSeconds"), values["MaximumMessageSize"]
	return s, s.setFIFO(attributes)
}

// fifoAttributes are those of FIFO queues alone.
var fifoAttributes = []string{"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}

// setFIFO reads the attributes that only FIFO queues have.
func (s *settings) setFIFO(attributes map[string]string) error {
	for _, a := range []struct{ name, no, yes string }{
		{"ContentBasedDeduplication", "false", "true"}, {"DeduplicationScope", "queue", "messageGroup"}, {"FifoThroughputLimit", "perQueue", "perMessageGroupId"},
	} {
		switch value, set := attributes[a.name]; {
		case !set:
		case !s.fifo:
			return refuse("InvalidAttributeName", "You can specify the %s only when FifoQueue is set to true.", a.name)
		case value != a.no && value != a.yes:
			return invalidAttribute(a.name)
		}
	}
	s.contentBased = attributes["ContentBasedDeduplication"] == "true"
	s.perGroup = attributes["DeduplicationScope"] == "messageGroup"
	if attributes["FifoThroughputLimit"] == "perMessageGroupId" && !s.perGroup {
		return refuse("InvalidAttributeValue", "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.")
	}
	return nil
}

func invalidAttribute(name string) *Error {
	return refuse("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
}

func unknownAttribute(name string) *Error {
	return refuse("InvalidAttributeName", "Unknown Attribute %s.", shorten(name))
}

// parseRedrive accepts maxReceiveCount (1..1000) as a number or a string, as AWS does.
func parseRedrive(text string) (*redrive, error) {
	if text == "" {
		return nil, nil
	}
	refused := func(reason string) error { return outOfRange(shorten(text), "RedrivePolicy", reason) }
	var p struct {
		Target string `json:"deadLetterTargetArn"`
		Max    any    `json:"maxReceiveCount"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&p); err != nil {
		return nil, refused("Redrive policy is not a valid JSON map")
	}
	if p.Target == "" {
		return nil, refused("Redrive policy does not contain mandatory attribute: deadLetterTargetArn")
	}
	if p.Max == nil {
		return nil, refused("Redrive policy does not contain mandatory attribute: maxReceiveCount")
	}
	var digits string
	switch v := p.Max.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = v
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n < 1 || n > 1000 {
		return nil, refused("Invalid value for maxReceiveCount: must be between 1 and 1000")
	}
	return &redrive{target: p.Target, maxReceives: n}, nil
}

func parseAllowance(text string) (*allowance, error) {
	if text == "" {
		return nil, nil
	}
	var p struct {
		Permission string   `json:"redrivePermission"`
		Sources    []string `json:"sourceQueueArns"`
	}
	err := json.Unmarshal([]byte(text), &p)
	byQueue := p.Permission == "byQueue" && len(p.Sources) >= 1 && len(p.Sources) <= 10
	all := (p.Permission == "allowAll" || p.Permission == "denyAll") && len(p.Sources) == 0
	if err != nil || !byQueue && !all {
		return nil, outOfRange(shorten(text), "RedriveAllowPolicy", "It is not a valid redrive allow policy")
	}
	return &allowance{p.Permission, p.Sources}, nil
}

// checkRedrive says whether the queue called name may send to its dead-letter target.
func (t *tx) checkRedrive(name string, s settings) error {
	if s.redrive == nil {
		return nil
	}
	refused := func(reason string) error { return outOfRange(s.redrive.target, "RedrivePolicy", reason) }
	target := t.byARN(s.redrive.target)
	if target == nil {
		return refused("Dead letter target does not exist")
	}
	if target.Name == name {
		return refused("Dead letter target is the queue itself")
	}
	if isFIFO(target.Name) != isFIFO(name) {
		return refused("Dead-letter queue must be same type of queue as the source")
	}
	allow := target.settings.allow
	if allow == nil || allow.permission == "allowAll" || slices.Contains(allow.sources, t.arn(name)) {
		return nil
	}
	return refused("Queue does not have permission to redrive to the dead letter target")
}

// sameValue compares two values of an attribute: policies are compared as JSON.
func sameValue(name, a, b string) bool {
	if !strings.HasSuffix(name, "Policy") || a == b {
		return a == b
	}
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// shown returns the attributes that GetQueueAttributes knows for q.
func (t *tx) shown(q *queue) map[string]string {
	all := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(q.count[ready]),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(q.count[delayed]),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.count[inFlight]),
		"CreatedTimestamp":                      strconv.FormatInt(q.Created, 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.Modified, 10),
		"QueueArn":                              t.arn(q.Name),
	}
	for name, value := range q.settable() {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// settable returns the attributes that clients set, with the defaults of those that
// they did not.
func (q *queue) settable() map[string]string {
	all := map[string]string{"SqsManagedSseEnabled": "true"}
	for name, n := range numbers {
		all[name] = strconv.Itoa(n.otherwise)
	}
	delete(all, "KmsDataKeyReusePeriodSeconds")
	if q.Attributes["KmsMasterKeyId"] != "" {
		all["SqsManagedSseEnabled"], all["KmsDataKeyReusePeriodSeconds"] = "false", "300"
	}
	if q.fifo != nil {
		all["ContentBasedDeduplication"], all["DeduplicationScope"], all["FifoThroughputLimit"] = "false", "queue", "perQueue"
	}
	maps.Copy(all, q.Attributes)
	return all
}
