package policy

import (
	"fmt"
	"strings"
)

// An ARN names a resource: arn:{Partition}:{Service}:{Region}:{Account}:{Resource}.
type ARN struct {
	Partition, Service, Region, Account string
	Resource                            string // "topic/a/b": all behind the fifth colon, further colons included
}

// ParseARN splits an ARN. It does not check that the parts exist.
func ParseARN(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ARN{}, fmt.Errorf("policy: %q is no ARN: want arn:partition:service:region:account:resource", s)
	}
	if parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, fmt.Errorf("policy: ARN %q: partition, service or resource is empty", s)
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}

// String joins the parts again.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

// Split cuts Resource into its type and name: "topic" and "a/b". Without a slash the name
// is empty.
func (a ARN) Split() (ResourceType, string) {
	kind, name, _ := strings.Cut(a.Resource, "/")
	return ResourceType(kind), name
}

// anywhere begins the resource of a statement that holds in every region and account.
const anywhere = "arn:aws:iot:*:*:"

// Resource is the resource of a statement: name, a pattern, of type t in whatever region
// and account the policy is. Text from elsewhere goes through [Literal] first.
func Resource(t ResourceType, name string) string {
	if t == AnyResource {
		return "*"
	}
	return anywhere + string(t) + "/" + name
}

// Topic is [Resource] of a topic, for Publish, Receive and RetainPublish.
func Topic(pattern string) string { return Resource(TopicResource, pattern) }

// TopicFilter is [Resource] of a topic filter, for Subscribe. "+" and "#" in it are those
// characters, no wildcards.
func TopicFilter(pattern string) string { return Resource(TopicFilterResource, pattern) }

// Client is [Resource] of a client ID, for Connect.
func Client(pattern string) string { return Resource(ClientResource, pattern) }

// Literal escapes text so that a pattern matches just it: a "*", "?" or "$" in it stands
// for itself. Use it for everything that a user, a token or a device has a say in.
func Literal(text string) string { return literalEscaper.Replace(text) }

var literalEscaper = strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}")
