package registry

// Limits of AWS IoT that the registry keeps. Sizes are those of the API's model; counts
// are from "AWS IoT Device Management endpoints and quotas" and "AWS IoT Core endpoints
// and quotas", https://docs.aws.amazon.com/general/latest/gr/iot_device_management.html
// and https://docs.aws.amazon.com/general/latest/gr/iot-core.html.
const (
	// MaxName is the longest name of anything, in characters.
	MaxName = 128
	// MaxAttributeValue is the longest value of an attribute, in characters.
	MaxAttributeValue = 800
	// MaxAttributes is how many attributes a thing of a type has, and a thing group.
	MaxAttributes = 50
	// MaxAttributesWithoutType is how many a thing has that has no type.
	MaxAttributesWithoutType = 3
	// MaxSearchableAttributes is how many a thing type names.
	MaxSearchableAttributes = 3
	// MaxDescription is the longest description of a thing type or group, in characters.
	MaxDescription = 2028
	// MaxGroupsOfThing is how many groups a thing is added to.
	MaxGroupsOfThing = 10
	// MaxGroupDepth is how many groups stand one in another, the outermost included.
	MaxGroupDepth = 7
	// MaxChildGroups is how many groups stand directly in one.
	MaxChildGroups = 100
	// MaxPolicyVersions is how many versions of a policy are kept.
	MaxPolicyVersions = 5
	// MaxPoliciesAttached is how many policies one certificate or group has.
	MaxPoliciesAttached = 10
	// MaxPolicyText is the longest text of a policy, white space included;
	// [policy.MaxSize] bounds it without.
	MaxPolicyText = 404600
	// MaxAuthorizers is how many authorizers an account has.
	MaxAuthorizers = 10
	// MaxFunctionARN is the longest authorizerFunctionArn, in characters.
	MaxFunctionARN = 2048
	// MaxPublicKey is the longest PEM of a key that signs tokens, in characters.
	MaxPublicKey = 5120
	// MaxRoleAliases is how many role aliases an account has.
	MaxRoleAliases = 100
	// MinCredentialDuration and MaxCredentialDuration bound a role alias's
	// credentialDurationSeconds; its default is DefaultCredentialDuration.
	MinCredentialDuration     = 900
	MaxCredentialDuration     = 43200
	DefaultCredentialDuration = 3600
	// MaxCSR and MaxCertificate are the longest of each in PEM, in characters.
	MaxCSR         = 4096
	MaxCertificate = 65536
	// MaxResults is the longest page of a list, and the default; that of topic rules may
	// be MaxRuleResults.
	MaxResults     = 250
	MaxRuleResults = 10000
	// MaxRules is how many topic rules an account has.
	MaxRules = 1000
	// MaxAuthInfos is how many questions one TestAuthorization asks.
	MaxAuthInfos = 10
)
