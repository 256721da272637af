package mqtt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/mochi-mqtt/server/v2/packets"
)

// A refusal is how a CONNECT is refused.
type refusal struct {
	code  packets.Code // of MQTT 5
	v3    byte         // of MQTT 3.1.1; 0 says nothing and closes
	cause error
}

func (r *refusal) Error() string {
	if r.cause != nil {
		return fmt.Sprintf("mqtt: CONNECT refused: %v", r.cause)
	}
	return "mqtt: CONNECT refused: " + r.code.Reason
}

func (r *refusal) Unwrap() error { return r.cause }

// connect takes the CONNECT, asks admit, and makes c the connection of a session.
func (c *conn) connect(admit Admit) error {
	err := c.negotiate(admit)
	var refused *refusal
	if !errors.As(err, &refused) {
		return err
	}
	c.broker.stats.connectsRefused.Add(1)
	if !errors.As(err, new(*Refusal)) { // which admit has explained
		c.broker.logger.Info("connect_refused", "client_id", c.clientID, "remote_addr", c.source.RemoteAddr, "error", refused)
	}
	c.refuse(refused)
	return refused
}

// negotiate is connect but for the answer to a refusal.
func (c *conn) negotiate(admit Admit) error {
	if err := c.readConnect(); err != nil {
		return err
	}
	request, will, refused := c.request()
	if refused != nil {
		return refused
	}
	if refused := c.admit(admit, request); refused != nil {
		return refused
	}
	present, p, refused := c.broker.attach(c, request, will)
	if refused != nil {
		c.client.Closed()
		return refused
	}
	c.broker.announceConnected(c)
	close(c.announced)
	if p > 0 {
		if err := c.broker.store.Wait(c.ctx, p); err != nil {
			return c.withdraw(err)
		}
	}
	c.reply(c.connack(request, present), 0)
	c.broker.stats.connects.Add(1)
	return nil
}

// withdraw takes back what attach did, when the store cannot promise it.
func (c *conn) withdraw(cause error) *refusal {
	failed := endStore
	failed.cause = cause
	c.end(failed)
	c.broker.leave(c)
	<-c.left
	c.client.Closed()
	return refuseFor(ServerUnavailable, cause)
}

// readConnect reads the first packet, which must be a CONNECT.
func (c *conn) readConnect() error {
	_, err := c.readPacket()
	c.greet()
	pk := &c.packet
	if pk.FixedHeader.Type != packets.Connect {
		if err == nil {
			err = packets.ErrProtocolViolationRequireFirstConnect
		}
		return fmt.Errorf("mqtt: no CONNECT: %w", err)
	}
	c.protocol = pk.ProtocolVersion
	var malformed packets.Code
	switch {
	case string(pk.Connect.ProtocolName) == "MQTT" && c.protocol != 4 && c.protocol != 5, string(pk.Connect.ProtocolName) == "MQIsdp":
		return &refusal{code: packets.ErrUnsupportedProtocolVersion, v3: packets.Err3UnsupportedProtocolVersion.Code}
	case errors.As(err, &malformed) && string(pk.Connect.ProtocolName) == "MQTT":
		return &refusal{code: malformed, cause: err}
	case err != nil:
		return fmt.Errorf("mqtt: no CONNECT: %w", err)
	case string(pk.Connect.ProtocolName) != "MQTT":
		return fmt.Errorf("mqtt: no CONNECT: %w", packets.ErrProtocolViolationProtocolName)
	}
	return nil
}

// request checks the CONNECT and says what it asks for, within the limits.
func (c *conn) request() (*Connect, *message, *refusal) {
	pk, limits := &c.packet, &c.broker.limits
	if refused := c.checkConnect(pk); refused != nil {
		return nil, nil, refused
	}
	r := &Connect{
		ClientID: strings.Clone(pk.Connect.ClientIdentifier), Username: string(pk.Connect.Username), Password: pk.Connect.Password,
		Protocol: c.protocol, CleanStart: pk.Connect.Clean,
		KeepAlive:  c.grantKeepAlive(pk.Connect.Keepalive),
		RemoteAddr: c.source.RemoteAddr,
		SessionID:  uuid.NewString(),
		Disconnect: func(why Reason) { c.end(why.ending()) },
	}
	if r.ClientID == "" {
		r.ClientID = "auto-" + uuid.NewString()
	}
	switch {
	case c.broker.options.NoSessions:
	case c.protocol == 5:
		r.Expiry = limits.sessionExpiry(pk.Properties.SessionExpiryInterval)
	case !pk.Connect.Clean:
		r.Expiry = limits.SessionExpiry
	}
	var will *message
	if pk.Connect.WillFlag {
		m := Message{Topic: strings.Clone(pk.Connect.WillTopic), Payload: pk.Connect.WillPayload, QoS: pk.Connect.WillQos, Retain: pk.Connect.WillRetain}
		limits.setProperties(&m, &pk.Connect.WillProperties)
		will = &message{Message: m, props: appendProperties(nil, &m)}
		r.Will = &will.Message
	}
	c.clientID, c.sessionID, c.keepAlive = r.ClientID, r.SessionID, r.KeepAlive
	c.source.ClientID = r.ClientID
	c.maxPacket = int(pk.Properties.MaximumPacketSize)
	c.known.most = min(int(pk.Properties.TopicAliasMaximum), c.broker.limits.TopicAliasMax)
	if wish := int(pk.Properties.ReceiveMaximum); wish > 0 {
		c.window = min(c.window, wish)
	}
	return r, will, nil
}

// checkConnect looks for what cannot be granted.
func (c *conn) checkConnect(pk *packets.Packet) *refusal {
	limits, connect := &c.broker.limits, &pk.Connect
	id := connect.ClientIdentifier
	invalidID := &refusal{code: packets.ErrClientIdentifierNotValid, v3: packets.Err3ClientIdentifierNotValid.Code}
	switch {
	case pk.ReservedBit != 0:
		return &refusal{code: packets.ErrMalformedFlags}
	case !connect.WillFlag && (connect.WillQos > 0 || connect.WillRetain), connect.WillQos > 2:
		return &refusal{code: packets.ErrMalformedFlags}
	case c.protocol == 4 && connect.PasswordFlag && !connect.UsernameFlag:
		return &refusal{code: packets.ErrMalformedFlags}
	case pk.Properties.AuthenticationMethod != "":
		return &refusal{code: packets.ErrBadAuthenticationMethod}
	case len(id) > limits.ClientIDBytes, strings.HasPrefix(id, "$"), id == "" && c.protocol == 4 && !connect.Clean:
		return invalidID
	case connect.WillFlag && connect.WillQos == 2:
		return &refusal{code: packets.ErrQosNotSupported}
	case connect.WillRetain && c.broker.options.NoRetained:
		return &refusal{code: packets.ErrRetainNotSupported}
	case connect.WillFlag && !limits.validTopic(connect.WillTopic, connect.WillRetain):
		return &refusal{code: packets.ErrTopicNameInvalid}
	case connect.WillFlag && len(connect.WillPayload) > limits.Payload:
		return &refusal{code: packets.ErrPacketTooLarge}
	case strings.ContainsAny(connect.WillProperties.ResponseTopic, "+#"):
		return &refusal{code: packets.ErrProtocolViolation}
	}
	return nil
}

// noKeepAlive lets a client be silent for as long as it likes.
const noKeepAlive = math.MaxInt64

// grantKeepAlive is what the client gets that asks for some seconds.
func (c *conn) grantKeepAlive(seconds uint16) time.Duration {
	switch {
	case c.protocol == 5 || !c.broker.options.OwnKeepAlive:
		return c.broker.limits.keepAlive(seconds)
	case seconds == 0:
		return noKeepAlive
	}
	return time.Duration(seconds) * time.Second
}

// keepAlive is what a client gets that asks for some seconds.
func (l *Limits) keepAlive(seconds uint16) time.Duration {
	if seconds == 0 {
		return l.KeepAliveMax
	}
	return max(l.KeepAliveMin, min(l.KeepAliveMax, time.Duration(seconds)*time.Second))
}

// sessionExpiry is what a client of MQTT 5 gets that asks for some seconds.
func (l *Limits) sessionExpiry(seconds uint32) time.Duration {
	return min(l.SessionExpiryMax, time.Duration(seconds)*time.Second)
}

// admit asks who the client is and what it may do.
func (c *conn) admit(admit Admit, request *Connect) *refusal {
	if !c.broker.mayConnect(c.clientID) {
		c.broker.stats.connectsThrottled.Add(1)
		return refuseFor(Throttled, errors.New("CONNECTs of this client id come too fast"))
	}
	c.listen()
	ctx, cancel := context.WithTimeout(c.ctx, c.broker.limits.ConnectTimeout)
	defer cancel()
	client, err := admit(ctx, request)
	if err != nil {
		why := NotAuthorized
		var said *Refusal
		if errors.As(err, &said) {
			why = said.Reason
		}
		return refuseFor(why, err)
	}
	c.client = client
	c.key = sessionKey(client.Account(), c.clientID)
	c.source.Principal = client.Principal()
	if why := c.reason(); why != nil {
		client.Closed()
		return &refusal{code: why.code, v3: packets.Err3ServerUnavailable.Code, cause: why}
	}
	return nil
}

// listen notices when a client goes away while it is waited for admit. Whoever reads next
// waits for heard first.
func (c *conn) listen() {
	c.heard = make(chan struct{})
	go func() {
		defer close(c.heard)
		if _, err := c.r.Peek(1); err != nil {
			c.end(lost(err))
		}
	}()
}

func refuseFor(why Reason, cause error) *refusal {
	of := reasons[min(int(why), len(reasons)-1)]
	return &refusal{code: of.code, v3: of.v3, cause: cause}
}

// refuse answers with a CONNACK, where there is one that says it, and ends.
func (c *conn) refuse(r *refusal) {
	c.end(ending{code: r.code, event: eventAuth, cause: r})
	if c.protocol >= 5 || r.v3 != 0 {
		code := r.code.Code
		if c.protocol < 5 {
			code = r.v3
		}
		_ = c.write(encode(packets.Packet{
			FixedHeader:     packets.FixedHeader{Type: packets.Connack},
			ProtocolVersion: min(c.protocol, 5),
			ReasonCode:      code,
		}, (*packets.Packet).ConnackEncode))
	}
	c.goodbye()
	c.drain()
}

// connack is the answer to a CONNECT that was granted. Source of the properties: "Support
// for MQTT 5 features", https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
func (c *conn) connack(request *Connect, present bool) []byte {
	options, limits, asked := &c.broker.options, &c.broker.limits, &c.packet
	ack := packets.Packet{
		FixedHeader:     packets.FixedHeader{Type: packets.Connack},
		ProtocolVersion: c.protocol,
		SessionPresent:  present,
	}
	if c.protocol == 5 {
		ack.Properties = packets.Properties{
			ReceiveMaximum:    uint16(limits.InflightInbound),
			MaximumQos:        1,
			MaximumQosFlag:    true,
			RetainAvailable:   available(!options.NoRetained),
			MaximumPacketSize: uint32(options.MaximumPacketSize),
			TopicAliasMaximum: uint16(limits.TopicAliasMax),
			ServerKeepAlive:   uint16(request.KeepAlive / time.Second),

			RetainAvailableFlag: true, ServerKeepAliveFlag: true,
			WildcardSubAvailable: available(!options.ExactTopics), WildcardSubAvailableFlag: true,
			SubIDAvailableFlag: true,
			SharedSubAvailable: available(!options.ExactTopics), SharedSubAvailableFlag: true,
		}
		if asked.Connect.ClientIdentifier == "" {
			ack.Properties.AssignedClientID = c.clientID
		}
		if granted := uint32(request.Expiry / time.Second); granted != asked.Properties.SessionExpiryInterval {
			ack.Properties.SessionExpiryInterval, ack.Properties.SessionExpiryIntervalFlag = granted, true
		}
	}
	return encode(ack, (*packets.Packet).ConnackEncode)
}

// available is a property that says whether there is something.
func available(is bool) byte {
	if is {
		return 1
	}
	return 0
}
