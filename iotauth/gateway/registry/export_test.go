package registry

import (
	"context"
	"fmt"
	"reflect"
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
		if code != unknownOperation && code != serialization && code != accessDenied { // of the protocol, not of this API
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

// Compact shortens the journal now.
func Compact(ctx context.Context, r *Registry) error { return r.log.Compact(ctx) }

// CheckIndexes compares the indexes, and the order of creation, with what the entries say.
func CheckIndexes(r *Registry) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	again := newRegistry(r.options)
	refill(&again.types, &r.types)
	refill(&again.things, &r.things)
	refill(&again.groups, &r.groups)
	refill(&again.certificates, &r.certificates)
	for name, pair := range map[string][2]any{
		"things of types": {r.thingsOfType, again.thingsOfType}, "things of groups": {r.thingsOfGroup, again.thingsOfGroup},
		"groups of parents": {r.groupsOfParent, again.groupsOfParent}, "groups of policies": {r.groupsOfPolicy, again.groupsOfPolicy},
		"certificates of things": {r.certificatesOfThing, again.certificatesOfThing}, "certificates of policies": {r.certificatesOfPolicy, again.certificatesOfPolicy},
		"the order of things": {names(&r.things), names(&again.things)}, "the order of certificates": {names(&r.certificates), names(&again.certificates)},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			return fmt.Errorf("%s: %v, the entries say %v", name, pair[0], pair[1])
		}
	}
	return dangling(r)
}

// refill puts copies of entries into an empty table.
func refill[T any](to, from *table[T]) {
	for key, row := range from.rows {
		v := *row.value
		to.set(key, row.seq, &v)
	}
}

// names are the entries in the order of their creation.
func names[T any](t *table[T]) (names []string) {
	t.order.Scan(func(_ uint64, name string) bool {
		names = append(names, name)
		return true
	})
	return names
}

// dangling finds a name that no entry has.
func dangling(r *Registry) error {
	for kind, pair := range map[string][2]any{
		"type": {r.thingsOfType, r.types.get}, "group": {r.thingsOfGroup, r.groups.get}, "parent": {r.groupsOfParent, r.groups.get},
		"thing": {r.certificatesOfThing, r.things.get}, "policy": {r.certificatesOfPolicy, r.policies.get}, "policy of groups": {r.groupsOfPolicy, r.policies.get},
	} {
		for name := range pair[0].(index) {
			if reflect.ValueOf(pair[1]).Call([]reflect.Value{reflect.ValueOf(name)})[0].IsNil() {
				return fmt.Errorf("%s %q is referred to, and not there", kind, name)
			}
		}
	}
	return nil
}
