package registry

import (
	"slices"
	"time"
)

// OperationNames are those of the control plane, sorted.
func OperationNames() []string {
	var names []string
	for _, op := range operations {
		names = append(names, op.name)
	}
	slices.Sort(names)
	return names
}

// Forms are what the registry takes for shapes of the API's model.
func Forms() map[string]func(string) bool {
	return map[string]func(string) bool{
		"ThingName": thingName.MatchString, "ThingTypeName": thingName.MatchString, "ThingGroupName": thingName.MatchString,
		"AttributeName": attributeName.MatchString, "AttributeValue": attributeValue.MatchString, "ThingTypeDescription": description.MatchString,
		"PolicyName": policyName.MatchString, "AuthorizerName": authorizerName.MatchString, "KeyName": signingKeyName.MatchString,
		"RoleAlias": aliasName.MatchString, "RuleName": ruleName.MatchString,
		"CertificateId": certificateID.MatchString,
	}
}

// ModelLimits are the limits that the API's model has, by shape and end.
func ModelLimits() map[string]int {
	return map[string]int{
		"ThingName.max": MaxName, "AttributeName.max": MaxName, "AttributeValue.max": MaxAttributeValue,
		"ThingTypeDescription.max": MaxDescription, "ThingGroupDescription.max": MaxDescription,
		"PolicyName.max": MaxName, "PolicyDocument.max": MaxPolicyText,
		"AuthorizerName.max": MaxName, "AuthorizerFunctionArn.max": MaxFunctionARN, "KeyValue.max": MaxPublicKey,
		"RoleAlias.max": MaxName, "CredentialDurationSeconds.min": MinCredentialDuration, "CredentialDurationSeconds.max": MaxCredentialDuration,
		"CertificateSigningRequest.max": MaxCSR, "CertificatePem.max": MaxCertificate,
		"MaxResults.max": MaxResults, "PageSize.max": MaxResults, "RegistryMaxResults.max": MaxResults, "TopicRuleMaxResults.max": MaxRuleResults,
		"RuleName.max": MaxName, "AuthInfos.max": MaxAuthInfos,
	}
}

// Statuses are those of the API's errors.
func Statuses() map[string]int {
	known := map[string]int{}
	for code, status := range statuses {
		if code != unknownOperation && code != serialization { // of the protocol, not of this API
			known[code] = status
		}
	}
	return known
}

// Timestamp is a time in the API's JSON.
func Timestamp(t time.Time) []byte {
	text, err := timestamp(t).MarshalJSON()
	if err != nil {
		panic(err)
	}
	return text
}
