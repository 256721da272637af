package policy

import (
	"strconv"
	"strings"
)

// Condition keys and variables of AWS IoT. Those of a thing's attribute and of a
// certificate's fields are made by [AttributeKey] and documented at [Certificate].
// Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html
// and the pages below it.
const (
	KeyClientID          = "iot:ClientId"
	KeyDomainName        = "iot:DomainName"
	KeyThingName         = "iot:Connection.Thing.ThingName"
	KeyThingTypeName     = "iot:Connection.Thing.ThingTypeName"
	KeyIsAttached        = "iot:Connection.Thing.IsAttached"
	KeyConnectAttributes = "iot:ConnectAttributes" // several values; Connect only
	KeyLastWillTopic     = "iot:LastWillTopic"     // an ARN; Connect only
	KeyCertificateID     = "iot:CertificateId"
	KeySourceIP          = "aws:SourceIp"
	KeyCurrentTime       = "aws:CurrentTime" // RFC 3339
	KeyEpochTime         = "aws:EpochTime"   // seconds
	KeySecureTransport   = "aws:SecureTransport"
)

// AttributeKey is the key of a thing's attribute: iot:Connection.Thing.Attributes[name].
func AttributeKey(name string) string { return "iot:Connection.Thing.Attributes[" + name + "]" }

// A scope says when a key has a value.
type scope uint8

const (
	scopeAlways      scope = iota
	scopeMQTT              // only over MQTT and MQTT over WebSocket
	scopeThing             // scopeMQTT, and the certificate is attached to the thing
	scopeCertificate       // the client has a certificate with that field
	scopeConnect           // only in a Connect request that has it
	scopeIAM               // in IAM policies, never in AWS IoT's own
)

// A keyInfo is what is known of a key.
type keyInfo struct {
	scope scope
	multi bool // several values: conditions need ForAllValues: or ForAnyValue:
}

var keyInfos = map[string]keyInfo{
	foldKey(KeyClientID):                    {scope: scopeMQTT},
	foldKey(KeyDomainName):                  {scope: scopeAlways},
	foldKey(KeyThingName):                   {scope: scopeThing},
	foldKey(KeyThingTypeName):               {scope: scopeThing},
	foldKey(KeyIsAttached):                  {scope: scopeMQTT},
	foldKey(KeyConnectAttributes):           {scope: scopeConnect, multi: true},
	foldKey(KeyLastWillTopic):               {scope: scopeConnect},
	foldKey(KeyCertificateID):               {scope: scopeCertificate},
	foldKey(keyCertificateSerial):           {scope: scopeCertificate},
	foldKey(keyAvailableKeys):               {scope: scopeCertificate, multi: true},
	foldKey(KeySourceIP):                    {scope: scopeAlways},
	foldKey(KeyCurrentTime):                 {scope: scopeAlways},
	foldKey(KeyEpochTime):                   {scope: scopeAlways},
	foldKey(KeySecureTransport):             {scope: scopeAlways},
	"cognito-identity.amazonaws.com:sub":    {scope: scopeIAM},
	"cognito-identity.amazonaws.com:aud":    {scope: scopeIAM},
	"credentials-iot:thingname":             {scope: scopeIAM},
	"credentials-iot:thingtypename":         {scope: scopeIAM},
	"credentials-iot:awscertificateid":      {scope: scopeIAM},
	"aws:principaltype":                     {scope: scopeIAM},
	"aws:userid":                            {scope: scopeIAM},
	"aws:username":                          {scope: scopeIAM},
	"aws:multifactorauthpresent":            {scope: scopeIAM},
	"aws:multifactorauthage":                {scope: scopeIAM},
	"aws:referer":                           {scope: scopeIAM},
	"aws:useragent":                         {scope: scopeIAM},
	"aws:tokenissuetime":                    {scope: scopeIAM},
	"cognito-identity.amazonaws.com:amr":    {scope: scopeIAM, multi: true},
	"iot:connection.thing.attributes[name]": {scope: scopeThing},
}

// describeKey tells what is known of a folded key.
func describeKey(folded string) (keyInfo, bool) {
	if info, ok := keyInfos[folded]; ok {
		return info, true
	}
	if rest, ok := strings.CutPrefix(folded, "iot:connection.thing.attributes["); ok {
		return keyInfo{scope: scopeThing}, len(rest) > 1 && strings.HasSuffix(rest, "]")
	}
	rest, ok := strings.CutPrefix(folded, "iot:certificate.")
	if !ok {
		return keyInfo{}, false
	}
	for _, who := range []string{"issuer.", "subject."} {
		if field, ok := strings.CutPrefix(rest, who); ok {
			return describeField(field)
		}
	}
	return keyInfo{}, false
}

// describeField tells what is known of a field of a certificate's issuer or subject.
func describeField(field string) (keyInfo, bool) {
	info := keyInfo{scope: scopeCertificate}
	if name, ok := strings.CutPrefix(field, "alternativename."); ok {
		return info, isNamed(name, alternativeNames)
	}
	name, suffix, indexed := strings.Cut(field, ".")
	if !isNamed(name, nameFields[:]) {
		return keyInfo{}, false
	}
	if !indexed {
		return info, true
	}
	if suffix == "list" {
		info.multi = true
		return info, true
	}
	i, err := strconv.Atoi(suffix)
	return info, err == nil && i >= 0 && i < maxFieldValues
}

func isNamed(folded string, names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, folded) {
			return true
		}
	}
	return false
}
