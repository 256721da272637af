package sqs

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	queueNamePattern     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoNamePattern      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
	batchIDPattern       = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	attributeNamePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
	tokenPattern         = regexp.MustCompile("^[A-Za-z0-9!\"#$%&'()*+,./:;<=>?@\\[\\\\\\]^_`{|}~-]{1,128}$")
)

// attributeValue is a message attribute on the wire.
type attributeValue struct {
	DataType         string
	StringValue      *string  `json:",omitempty"`
	BinaryValue      *string  `json:",omitempty"` // base64
	StringListValues []string `json:",omitempty" query:"StringListValue"`
	BinaryListValues []string `json:",omitempty" query:"BinaryListValue"`
}

// newMessage is what SendMessage and an entry of SendMessageBatch have in common.
type newMessage struct {
	MessageBody             *string
	DelaySeconds            *int
	MessageAttributes       map[string]attributeValue `query:"MessageAttribute"`
	MessageSystemAttributes map[string]attributeValue `query:"MessageSystemAttribute"`
	MessageDeduplicationID  *string                   `json:"MessageDeduplicationId"`
	MessageGroupID          *string                   `json:"MessageGroupId"`
}

// parse checks all that does not depend on the queue. The id and times are to be set.
func (n newMessage) parse() (*content, error) {
	if n.MessageBody == nil {
		return nil, missingParameter("MessageBody")
	}
	if *n.MessageBody == "" {
		return nil, missingParameter("MessageBody") // AWS: the minimum is one character
	}
	if !validText(*n.MessageBody) {
		return nil, refuse("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	}
	c := &content{body: *n.MessageBody}
	if err := errors.Join(parseToken(n.MessageGroupID, "MessageGroupId", &c.group), parseToken(n.MessageDeduplicationID, "MessageDeduplicationId", &c.dedup)); err != nil {
		return nil, err
	}
	if d := n.DelaySeconds; d != nil && (*d < 0 || *d > numbers["DelaySeconds"].most) {
		return nil, outOfRange(*d, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900")
	}
	var err error
	if c.attributes, err = parseAttributes(n.MessageAttributes); err != nil {
		return nil, err
	}
	for name, v := range n.MessageSystemAttributes {
		if name != "AWSTraceHeader" || v.DataType != "String" || v.StringValue == nil || *v.StringValue == "" || !validText(*v.StringValue) {
			return nil, invalidParameter("Message system attribute name %q is invalid: only AWSTraceHeader, a String, can be sent.", shorten(name))
		}
		c.trace = *v.StringValue
	}
	c.md5 = md5Hex(c.body)
	return c, nil
}

// parseToken puts an optional token into a field.
func parseToken(value *string, name string, into *string) error {
	if value == nil {
		return nil
	}
	if *into = *value; !tokenPattern.MatchString(*value) {
		return outOfRange(shorten(*value), name, name+" can only include alphanumeric and punctuation characters. 1 to 128 in length")
	}
	return nil
}

// validText reports whether s has only characters that XML 1.0 allows.
func validText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

func parseAttributes(wire map[string]attributeValue) (map[string]attribute, error) {
	if len(wire) > 10 {
		return nil, invalidParameter("Number of message attributes [%d] exceeds the allowed maximum [10].", len(wire))
	}
	if len(wire) == 0 {
		return nil, nil
	}
	all := make(map[string]attribute, len(wire))
	for name, v := range wire {
		if !validAttributeName(name) {
			return nil, invalidParameter("The message attribute name %q is invalid. It can contain A-Z, a-z, 0-9, underscore (_), hyphen (-) and period (.), "+
				"at most 256; it must not start or end with a period, have periods in succession, or begin with AWS. or Amazon.", shorten(name))
		}
		a, err := v.parse(name)
		if err != nil {
			return nil, err
		}
		all[name] = a
	}
	return all, nil
}

func validAttributeName(name string) bool {
	lower := strings.ToLower(name)
	return attributeNamePattern.MatchString(name) && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") &&
		!strings.Contains(name, "..") && !strings.HasPrefix(lower, "aws.") && !strings.HasPrefix(lower, "amazon.")
}

func (v attributeValue) parse(name string) (attribute, error) {
	if len(v.StringListValues) > 0 || len(v.BinaryListValues) > 0 {
		return attribute{}, refuse("UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported.")
	}
	if v.DataType == "" {
		return attribute{}, invalidParameter("The message attribute '%s' must contain non-empty message attribute type.", name)
	}
	base, _, _ := strings.Cut(v.DataType, ".")
	if base != "String" && base != "Number" && base != "Binary" || len(v.DataType) > 256 || !validText(v.DataType) {
		return attribute{}, invalidParameter("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	}
	a := attribute{dataType: v.DataType, binary: base == "Binary"}
	switch {
	case a.binary && v.BinaryValue != nil && v.StringValue == nil:
		b, err := base64.StdEncoding.DecodeString(*v.BinaryValue)
		if err != nil {
			return attribute{}, refuse("SerializationException", "BinaryValue of the message attribute '%s' is not base64.", name)
		}
		a.value = string(b)
	case !a.binary && v.StringValue != nil && v.BinaryValue == nil:
		a.value = *v.StringValue
	}
	if a.value == "" {
		return attribute{}, invalidParameter("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, base)
	}
	if !a.binary && !validText(a.value) {
		return attribute{}, invalidParameter("The message attribute '%s' contains invalid characters.", name)
	}
	if _, err := strconv.ParseFloat(a.value, 64); base == "Number" && err != nil {
		return attribute{}, invalidParameter("Can't cast the value of message (user) attribute '%s' to a number.", name)
	}
	return a, nil
}

func (a attribute) wire() attributeValue {
	value := a.value
	if !a.binary {
		return attributeValue{DataType: a.dataType, StringValue: &value}
	}
	value = base64.StdEncoding.EncodeToString([]byte(value))
	return attributeValue{DataType: a.dataType, BinaryValue: &value}
}

// inSeconds checks an optional number of seconds.
func inSeconds(value *int, most int, name string) (*time.Duration, error) {
	if value == nil {
		return nil, nil
	}
	if *value < 0 || *value > most {
		return nil, outOfRange(*value, name, "Must be >= 0 and <= "+strconv.Itoa(most)+", if provided")
	}
	d := time.Duration(*value) * time.Second
	return &d, nil
}
