package policy

import (
	"net/netip"
	"strconv"
	"time"
)

// A Protocol is how a client talks to AWS IoT. It decides which variables have a value.
type Protocol uint8

// Protocols.
const (
	MQTT  Protocol = iota // MQTT, also over WebSocket
	HTTPS                 // has no client ID and no thing
)

// A Connection is what AWS IoT knows of a client: where it is connected, and who it is.
// The zero value of a field means that it is not known.
type Connection struct {
	Partition string // "aws" when empty
	Region    string // "us-east-1" when empty
	Account   string // "123456789012" when empty

	Protocol    Protocol
	ClientID    string
	Thing       *Thing
	Certificate *Certificate
	SourceIP    netip.Addr
	DomainName  string // of the endpoint, from SNI

	ConnectAttributes []string // of the CONNECT packet: "PersistentConnect", "LastWill"
	LastWillTopic     string   // its topic, no ARN

	// Now tells the time to conditions on it; nil means [time.Now].
	Now func() time.Time

	// Extra holds further keys; they take precedence.
	Extra Context
}

// A Thing is the registry's entry that belongs to a connection. Its variables have values
// only while the client's principal is attached to it, and the client ID is its name.
type Thing struct {
	Name       string
	TypeName   string
	Attributes map[string]string
	Attached   bool // AttachThingPrincipal was done for this thing and the client's principal
	Exclusive  bool // attached as EXCLUSIVE_THING: the client ID may differ from the name
}

// ARN is the resource of type t called name, in the connection's region and account.
func (c *Connection) ARN(t ResourceType, name string) string {
	if t == AnyResource {
		return "*"
	}
	return c.prefix(t) + name
}

// prefix is the part of an ARN before the name.
func (c *Connection) prefix(t ResourceType) string {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	return "arn:" + or(c.Partition, "aws") + ":iot:" + or(c.Region, "us-east-1") + ":" + or(c.Account, "123456789012") + ":" + string(t) + "/"
}

// Request is what AWS IoT evaluates when the client does a with the resource called name:
// a topic, a filter, a client ID, a thing.
func (c *Connection) Request(a Action, name string) Request {
	t := a.ResourceType()
	ctx := c.Context()
	if a == Connect {
		c.addConnect(ctx)
	}
	return Request{Action: a, Resource: c.ARN(t, name), Context: ctx}
}

// Context returns the keys that the connection gives to every request but Connect, which
// has iot:ConnectAttributes and iot:LastWillTopic as well; see [Connection.Request].
func (c *Connection) Context() Context {
	ctx := Context{}
	put := func(key, value string) {
		if value != "" {
			ctx[key] = []string{value}
		}
	}
	put(KeyDomainName, c.DomainName)
	if c.SourceIP.IsValid() {
		put(KeySourceIP, c.SourceIP.Unmap().String())
	}
	now := c.now()
	put(KeyCurrentTime, now.UTC().Format(time.RFC3339))
	put(KeyEpochTime, strconv.FormatInt(now.Unix(), 10))
	put(KeySecureTransport, "true") // AWS IoT has no other
	if c.Protocol == MQTT {
		put(KeyClientID, c.ClientID)
		c.addThing(ctx, put)
	}
	if c.Certificate != nil {
		c.Certificate.addTo(ctx)
	}
	for key, list := range c.Extra {
		ctx.set(key, list)
	}
	return ctx
}

func (c *Connection) addThing(ctx Context, put func(key, value string)) {
	t := c.Thing
	if t == nil || !t.Attached || !t.Exclusive && t.Name != c.ClientID {
		put(KeyIsAttached, "false")
		return
	}
	put(KeyIsAttached, "true")
	put(KeyThingName, t.Name)
	put(KeyThingTypeName, t.TypeName)
	for name, value := range t.Attributes {
		put(AttributeKey(name), value)
	}
}

// addConnect adds what only a CONNECT packet says.
func (c *Connection) addConnect(ctx Context) {
	if len(c.ConnectAttributes) > 0 {
		ctx[KeyConnectAttributes] = c.ConnectAttributes
	}
	if c.LastWillTopic != "" {
		ctx[KeyLastWillTopic] = []string{c.ARN(TopicResource, c.LastWillTopic)}
	}
	for _, key := range []string{KeyConnectAttributes, KeyLastWillTopic} {
		if list, ok := c.Extra.get(key); ok {
			ctx.set(key, list)
		}
	}
}

func (c *Connection) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
