package mqtt

import "github.com/mochi-mqtt/server/v2/packets"

// An ending is why a connection ends.
type ending struct {
	code packets.Code // told to a client of MQTT 5
	// event is disconnectReason of the lifecycle event. Source: "Lifecycle events",
	// https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
	event   string
	gone    bool  // the client is: nothing is told
	wished  bool  // by the client, with a DISCONNECT that keeps the will back
	noWill  bool  // by DeleteConnection
	noState bool  // the session ends too
	cause   error // for the log, where code does not say it
}

func (e *ending) Error() string {
	if e.cause != nil {
		return e.cause.Error()
	}
	return e.code.Reason
}

func (e *ending) Unwrap() error { return e.cause }

// Values of disconnectReason.
const (
	eventClient       = "CLIENT_INITIATED_DISCONNECT"
	eventClientError  = "CLIENT_ERROR"
	eventLost         = "CONNECTION_LOST"
	eventDuplicate    = "DUPLICATE_CLIENTID"
	eventForbidden    = "FORBIDDEN_ACCESS"
	eventAuth         = "AUTH_ERROR"
	eventKeepAlive    = "MQTT_KEEP_ALIVE_TIMEOUT"
	eventServer       = "SERVER_INITIATED_DISCONNECT"
	eventServerError  = "SERVER_ERROR"
	eventThrottled    = "THROTTLED"
	eventWebSocketTTL = "WEBSOCKET_TTL_EXPIRATION"
	eventCustomTTL    = "CUSTOMAUTH_TTL_EXPIRATION"
)

var (
	endSlow      = ending{code: packets.ErrPendingClientWritesExceeded, event: eventThrottled}
	endTakenOver = ending{code: packets.ErrSessionTakenOver, event: eventDuplicate}
	endKeepAlive = ending{code: packets.ErrKeepAliveTimeout, event: eventKeepAlive}
	endShutdown  = ending{code: packets.ErrServerShuttingDown, event: eventServer}
	endForbidden = ending{code: packets.ErrNotAuthorized, event: eventForbidden}
	endStore     = ending{code: packets.ErrServerUnavailable, event: eventServerError}
)

// lost is the end of a connection that the client, or the network, has cut.
func lost(cause error) ending {
	return ending{code: packets.ErrUnspecifiedError, event: eventLost, gone: true, cause: cause}
}

// clientError is the end of a connection whose client does what it may not.
func clientError(code packets.Code) ending { return ending{code: code, event: eventClientError} }

// reasons are the codes of MQTT 5 for a DISCONNECT, and of MQTT 3.1.1 for a CONNACK.
var reasons = [...]struct {
	code  packets.Code
	v3    byte
	event string
}{
	NotAuthorized:      {packets.ErrNotAuthorized, packets.Err3NotAuthorized.Code, eventAuth},
	BadCredentials:     {packets.ErrBadUsernameOrPassword, packets.ErrMalformedUsernameOrPassword.Code, eventAuth},
	ServerUnavailable:  {packets.ErrServerUnavailable, packets.Err3ServerUnavailable.Code, eventServerError},
	AdministrativeEnd:  {packets.ErrAdministrativeAction, packets.Err3NotAuthorized.Code, eventServer},
	MaximumConnectTime: {packets.ErrMaxConnectTime, packets.Err3NotAuthorized.Code, eventCustomTTL},
	Throttled:          {packets.ErrQuotaExceeded, packets.Err3ServerUnavailable.Code, eventThrottled},
	WebSocketEnd:       {packets.ErrMaxConnectTime, packets.Err3NotAuthorized.Code, eventWebSocketTTL},
}

func (r Reason) ending() ending {
	of := reasons[min(int(r), len(reasons)-1)]
	return ending{code: of.code, event: of.event}
}
