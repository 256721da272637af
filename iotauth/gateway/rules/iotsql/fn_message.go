package iotsql

import (
	"encoding/base64"
	"strings"
)

// messageFunctions tell of the message.
var messageFunctions = []function{
	{name: "accountid", call: func(e *env, _ *call, _ []Value) Value { return str(e.message.Account) }},
	{name: "clientid", call: func(e *env, _ *call, _ []Value) Value {
		if e.message.ClientID == "" {
			return str("n/a")
		}
		return str(e.message.ClientID)
	}},
	{name: "get_mqtt_property", since: V2016, least: 1, most: 1, prepare: literalOf(0, "content_type", "format_indicator", "response_topic", "correlation_data"),
		call: func(e *env, _ *call, args []Value) Value { return e.property(args[0].text) }},
	{name: "get_user_properties", since: V2016, least: 1, most: 1, call: (*env).userProperties},
	{name: "principal", call: func(e *env, _ *call, _ []Value) Value { return unlessEmpty(e.message.Principal) }},
	{name: "sourceip", since: V2016, call: func(e *env, _ *call, _ []Value) Value { return unlessEmpty(e.message.SourceIP) }},
	{name: "sql_version", call: func(e *env, _ *call, _ []Value) Value { return str(e.version.String()) }},
	{name: "timestamp", call: func(e *env, _ *call, _ []Value) Value { return integer(e.message.Time.UnixMilli()) }},
	{name: "topic", most: 1, call: (*env).topic},
	{name: "traceid", call: func(e *env, _ *call, _ []Value) Value { return unlessEmpty(e.message.TraceID) }},
}

func unlessEmpty(s string) Value {
	if s == "" {
		return undefined
	}
	return str(s)
}

// topic returns the topic, or its level of a number that begins with 1.
func (e *env) topic(_ *call, args []Value) Value {
	if len(args) == 0 {
		return str(e.message.Topic)
	}
	n, ok := e.index(args[0])
	levels := strings.Split(e.message.Topic, "/")
	if !ok || n < 1 || n > int64(len(levels)) || !e.spend(len(e.message.Topic)) {
		return undefined
	}
	return str(levels[n-1])
}

func (e *env) property(name string) Value {
	p := e.message.Properties
	if p == nil {
		return undefined
	}
	switch name {
	case "content_type":
		return unlessEmpty(p.ContentType)
	case "response_topic":
		return unlessEmpty(p.ResponseTopic)
	case "correlation_data":
		return unlessEmpty(base64.StdEncoding.EncodeToString(p.CorrelationData))
	}
	if p.PayloadFormatUTF8 {
		return str("UTF8_DATA")
	}
	return str("UNSPECIFIED_BYTES")
}

// userProperties returns the values under a key, in order.
func (e *env) userProperties(_ *call, args []Value) Value {
	if e.message.Properties == nil || args[0].kind != String {
		return undefined
	}
	var values []Value
	for _, p := range e.message.Properties.User {
		if p[0] == args[0].text {
			values = append(values, str(p[1]))
		}
	}
	if values == nil {
		return undefined
	}
	return array(values)
}
