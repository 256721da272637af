package broker

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Keep-alive in seconds. The largest is AWS IoT Core's; a client of MQTT 5 that
// asks for more, or for none, is told so.
const maxKeepalive = 1200

// maxKeepaliveV3 is the largest that mochi can compute with: it adds a half in
// 16 bits, and from 43,691 on the sum wraps and cuts the client at once.
const maxKeepaliveV3 = math.MaxUint16 / 3 * 2

// maxClientID bounds a client id in bytes, as in AWS IoT Core.
const maxClientID = 128

// badCredentials is a code of its own because mochi maps its namesake to return
// code 5 in MQTT 3.1.1, where 4 says the same.
var badCredentials = packets.Code{Code: packets.ErrBadUsernameOrPassword.Code, Reason: "bad credentials"}

// capabilities are what mochi is to allow and to announce.
func capabilities(o *Options) *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumClients = math.MaxInt64   // counted in begin
	c.MaximumClientWritesPending = 1   // its queue is not used
	c.MaximumSessionExpiryInterval = 0 // no session outlives its connection
	c.MaximumPacketSize = uint32(o.MaxInbound)
	c.MinimumProtocolVersion = 4
	c.MaximumQos = 1
	c.TopicAliasMaximum = 0
	c.RetainAvailable, c.SharedSubAvailable, c.WildcardSubAvailable, c.SubIDAvailable = 0, 0, 0, 0
	c.Compatibilities.NoInheritedPropertiesOnAck = true
	return c
}

// hooks are the decisions that mochi asks for. Those of one client are called in
// the goroutine that reads its packets, one after the other.
type hooks struct {
	mqtt.HookBase
	broker *Broker
}

func (h *hooks) ID() string { return "broker" }

func (h *hooks) Provides(b byte) bool {
	return slices.Contains([]byte{
		mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnSessionEstablish, mqtt.OnSessionEstablished,
		mqtt.OnPacketRead, mqtt.OnPacketEncode, mqtt.OnACLCheck, mqtt.OnSubscribe, mqtt.OnSubscribed, mqtt.OnUnsubscribe,
	}, b)
}

func connOf(cl *mqtt.Client) *conn { return cl.Net.Conn.(*conn) }

// OnConnect admits a client or refuses it with its CONNACK.
func (h *hooks) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	b, c := h.broker, connOf(cl)
	granted, code, err := b.admit(cl, pk)
	if err != nil {
		b.options.Logger.Info("mqtt client refused", "client_id", cl.ID, "remote_addr", cl.Net.Remote, "error", err)
		c.goodbye(func() { _ = b.server.SendConnack(cl, code, false, nil) })
		c.drain()
		return err
	}
	c.session = newSession(c, cl, granted, &b.options, &b.stats)
	b.options.Logger.Debug("mqtt client connected", "client_id", cl.ID, "remote_addr", cl.Net.Remote, "protocol", c.session.protocol, "door", cl.Net.Listener)

	// mochi's own id is unique, so that it never takes a session over: it does so
	// without a lock, and two simultaneous connections with one id would leave one
	// of them without its messages. Taking over is up to register.
	cl.ID = strings.Join([]string{granted.Subject, cl.ID, strconv.FormatUint(b.serial.Add(1), 10)}, "/")
	// Nothing survives the connection, whatever the client would like.
	cl.Properties.Clean = true
	cl.Properties.Props.SessionExpiryInterval = 0
	limitKeepalive(cl)
	return nil
}

// admit asks Authenticate. With an error comes the code of the CONNACK.
func (b *Broker) admit(cl *mqtt.Client, pk packets.Packet) (Session, packets.Code, error) {
	switch {
	case len(pk.Connect.ClientIdentifier) > maxClientID:
		return refuse(packets.ErrClientIdentifierTooLong, errors.New("client id too long"))
	case pk.Connect.WillFlag:
		return refuse(packets.ErrNotAuthorized, errors.New("a will message is a publication"))
	case pk.Properties.AuthenticationMethod != "":
		return refuse(packets.ErrBadAuthenticationMethod, errors.New("enhanced authentication is not supported"))
	}
	connect := Connect{
		ClientID:   cl.ID,
		Username:   string(pk.Connect.Username),
		Password:   pk.Connect.Password,
		Token:      bearerToken(string(pk.Connect.Username), string(pk.Connect.Password), b.options.TokenParameter),
		RemoteAddr: cl.Net.Remote,
		Protocol:   pk.ProtocolVersion,
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.options.HandshakeTimeout)
	defer cancel()
	granted, err := b.options.Authenticate(ctx, connect)
	switch {
	case errors.Is(err, ErrBadCredentials):
		return refuse(badCredentials, err)
	case errors.Is(err, ErrUnavailable) || ctx.Err() != nil:
		return refuse(packets.ErrServerUnavailable, err)
	case err != nil:
		return refuse(packets.ErrNotAuthorized, err)
	case !granted.Expires.IsZero() && !granted.Expires.After(time.Now()):
		return refuse(badCredentials, errors.New("session expired before it began"))
	case granted.Subject == "":
		return refuse(packets.ErrNotAuthorized, errors.New("no subject"))
	}
	return granted, packets.CodeSuccess, nil
}

func refuse(code packets.Code, err error) (Session, packets.Code, error) { return Session{}, code, err }

func limitKeepalive(cl *mqtt.Client) {
	switch wish := cl.State.Keepalive; {
	case cl.Properties.ProtocolVersion == 5 && (wish == 0 || wish > maxKeepalive):
		cl.State.Keepalive, cl.State.ServerKeepalive = maxKeepalive, true
	case wish > maxKeepaliveV3:
		cl.State.Keepalive = maxKeepaliveV3
	}
}

// OnConnectAuthenticate follows OnConnect, which has decided.
func (h *hooks) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	return connOf(cl).session != nil
}

// OnSessionEstablish comes before the CONNACK: the session is in force.
func (h *hooks) OnSessionEstablish(cl *mqtt.Client, _ packets.Packet) {
	h.broker.register(connOf(cl).session)
}

// OnSessionEstablished comes after the CONNACK: messages may flow.
func (h *hooks) OnSessionEstablished(cl *mqtt.Client, _ packets.Packet) {
	s := connOf(cl).session
	s.started = true
	go s.run() // forget waits for it
}

// OnPacketRead sees each packet before mochi does. Its error ends the connection.
func (h *hooks) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	switch pk.FixedHeader.Type {
	case packets.Connect:
		// A password of no bytes is legal (MQTT 3.1.1, section 3.1.3.5), though mochi
		// calls it a violation.
		pk.Connect.PasswordFlag = len(pk.Connect.Password) > 0
		// mochi would answer with a code of MQTT 5, which 3.1.1 does not know: there
		// the connection is just closed, save for a version that is not supported.
		code := pk.ConnectValidate()
		if pk.ProtocolVersion == 4 && code != packets.CodeSuccess {
			connOf(cl).end(code)
			return pk, packets.ErrRejectPacket
		}
	case packets.Puback:
		connOf(cl).session.acknowledge(pk.PacketID)
	case packets.Publish:
		if code, fatal := refusePublish(cl, pk); fatal {
			connOf(cl).session.endAndWait(code)
			return pk, packets.ErrRejectPacket
		}
	}
	return pk, nil
}

// refusePublish decides how to refuse what a client publishes. MQTT 5 refuses a
// publication of QoS 1 in its PUBACK, which mochi writes after OnACLCheck. QoS 0
// has no answer, and MQTT 3.1.1 no negative one: there the connection ends.
func refusePublish(cl *mqtt.Client, pk packets.Packet) (code packets.Code, fatal bool) {
	switch {
	case pk.FixedHeader.Qos > 1:
		return packets.ErrQosNotSupported, true
	case checkTopic(pk.TopicName) != nil:
		return packets.ErrTopicNameInvalid, true
	case cl.Properties.ProtocolVersion < 5 || pk.FixedHeader.Qos == 0:
		return packets.ErrNotAuthorized, true
	}
	return packets.ErrNotAuthorized, false
}

// OnACLCheck is asked for a publication (write) and for each filter of a SUBSCRIBE,
// on which OnSubscribe has decided.
func (h *hooks) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	if write {
		return false
	}
	code, ok := connOf(cl).session.verdicts[topic]
	return ok && code < packets.ErrUnspecifiedError.Code
}

// OnPacketEncode corrects the answers that mochi is about to send.
func (h *hooks) OnPacketEncode(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	switch pk.FixedHeader.Type {
	case packets.Connack:
		if cl.Properties.ProtocolVersion == 5 {
			announceLimits(&pk, cl, h.broker.options.MaxInbound)
		} else {
			pk.ReasonCode = returnCode(pk.ReasonCode)
		}
	case packets.Suback:
		connOf(cl).session.explainRefusals(&pk)
	}
	return pk
}

// announceLimits adds to a CONNACK of MQTT 5 what mochi leaves out.
func announceLimits(pk *packets.Packet, cl *mqtt.Client, maxInbound int) {
	p := &pk.Properties
	if pk.ReasonCode != packets.CodeSuccess.Code {
		return
	}
	p.MaximumPacketSize = uint32(maxInbound)
	p.RetainAvailableFlag, p.WildcardSubAvailableFlag, p.SubIDAvailableFlag, p.SharedSubAvailableFlag = true, true, true, true
	if cl.Properties.Props.SessionExpiryIntervalFlag { // it asked for a session; there is none
		p.SessionExpiryInterval, p.SessionExpiryIntervalFlag = 0, true
	}
}

// returnCode makes a CONNACK return code of MQTT 3.1.1 (section 3.2.2.3) out of
// a reason code of MQTT 5. Codes that are one already stay.
func returnCode(reason byte) byte {
	switch {
	case reason < packets.ErrUnspecifiedError.Code:
		return reason
	case reason == packets.ErrProtocolViolation.Code, reason == packets.ErrUnsupportedProtocolVersion.Code:
		return packets.Err3UnsupportedProtocolVersion.Code
	case reason == packets.ErrUnspecifiedError.Code, reason == packets.ErrClientIdentifierNotValid.Code:
		return packets.Err3ClientIdentifierNotValid.Code
	case reason == packets.ErrServerUnavailable.Code, reason == packets.ErrServerBusy.Code:
		return packets.Err3ServerUnavailable.Code
	case reason == packets.ErrBadUsernameOrPassword.Code:
		return packets.ErrMalformedUsernameOrPassword.Code
	}
	return packets.Err3NotAuthorized.Code
}
