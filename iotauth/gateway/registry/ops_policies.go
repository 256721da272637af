package registry

// policyOperations are those of policies, and of what they are attached to.
var policyOperations = []operation{
	{"CreatePolicy", "POST", "/policies/{policyName}", (*call).createPolicy},
	{"GetPolicy", "GET", "/policies/{policyName}", (*call).getPolicy},
	{"DeletePolicy", "DELETE", "/policies/{policyName}", (*call).deletePolicy},
	{"ListPolicies", "GET", "/policies", (*call).listPolicies},
	{"CreatePolicyVersion", "POST", "/policies/{policyName}/version", (*call).createPolicyVersion},
	{"ListPolicyVersions", "GET", "/policies/{policyName}/version", (*call).listPolicyVersions},
	{"GetPolicyVersion", "GET", "/policies/{policyName}/version/{policyVersionId}", (*call).getPolicyVersion},
	{"SetDefaultPolicyVersion", "PATCH", "/policies/{policyName}/version/{policyVersionId}", (*call).setDefaultPolicyVersion},
	{"DeletePolicyVersion", "DELETE", "/policies/{policyName}/version/{policyVersionId}", (*call).deletePolicyVersion},
	{"AttachPolicy", "PUT", "/target-policies/{policyName}", (*call).attachPolicy},
	{"DetachPolicy", "POST", "/target-policies/{policyName}", (*call).detachPolicy},
	{"ListAttachedPolicies", "POST", "/attached-policies/{target}", (*call).listAttachedPolicies},
	{"ListTargetsForPolicy", "POST", "/policy-targets/{policyName}", (*call).listTargetsForPolicy},
	{"AttachPrincipalPolicy", "PUT", "/principal-policies/{policyName}", (*call).attachPrincipalPolicy},
	{"DetachPrincipalPolicy", "DELETE", "/principal-policies/{policyName}", (*call).detachPrincipalPolicy},
	{"ListPrincipalPolicies", "GET", "/principal-policies", (*call).listPrincipalPolicies},
	{"ListPolicyPrincipals", "GET", "/policy-principals", (*call).listPolicyPrincipals},
	{"GetEffectivePolicies", "POST", "/effective-policies", (*call).getEffectivePolicies},
	{"TestAuthorization", "POST", "/test-authorization", (*call).testAuthorization},
}

// Headers of the operations that attach policies to principals.
const (
	iotPrincipalHeader = "x-amzn-iot-principal"
	iotPolicyHeader    = "x-amzn-iot-policy"
)

type policyInput struct {
	unsupported
	PolicyDocument string `json:"policyDocument"`
}

func (c *call) createPolicy() (any, error) {
	var in policyInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	p, err := c.registry.CreatePolicy(c.ctx(), c.labels["policyName"], in.PolicyDocument)
	return fields{"policyName": p.Name, "policyArn": p.ARN, "policyDocument": in.PolicyDocument, "policyVersionId": p.DefaultVersionID}, err
}

func (c *call) getPolicy() (any, error) {
	p, err := c.registry.GetPolicy(c.labels["policyName"])
	if err != nil {
		return nil, err
	}
	return fields{
		"policyName": p.Name, "policyArn": p.ARN, "policyDocument": p.version(p.DefaultVersionID).Document, "defaultVersionId": p.DefaultVersionID,
		"creationDate": timestamp(p.Created), "lastModifiedDate": timestamp(p.Modified), "generationId": p.GenerationID,
	}, nil
}

func (c *call) deletePolicy() (any, error) {
	return nil, c.registry.DeletePolicy(c.ctx(), c.labels["policyName"])
}

func (c *call) listPolicies() (any, error) {
	policies, next, err := c.registry.ListPolicies(c.dated())
	return fields{"policies": each(policies, func(p Policy) any { return c.policyNameAndARN(p.Name) })}.set("nextMarker", next), err
}

func (c *call) policyNameAndARN(name string) any {
	return fields{"policyName": name, "policyArn": c.registry.arn("policy", name)}
}

func (c *call) createPolicyVersion() (any, error) {
	var in policyInput
	setAsDefault := c.flag("setAsDefault")
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	name := c.labels["policyName"]
	v, err := c.registry.CreatePolicyVersion(c.ctx(), name, in.PolicyDocument, setAsDefault)
	return fields{
		"policyArn": c.registry.arn("policy", name), "policyDocument": v.Document, "policyVersionId": v.ID, "isDefaultVersion": setAsDefault,
	}, err
}

func (c *call) listPolicyVersions() (any, error) {
	p, err := c.registry.GetPolicy(c.labels["policyName"])
	return fields{"policyVersions": each(p.Versions, func(v PolicyVersion) any {
		return fields{"versionId": v.ID, "isDefaultVersion": v.ID == p.DefaultVersionID, "createDate": timestamp(v.Created)}
	})}, err
}

func (c *call) getPolicyVersion() (any, error) {
	p, err := c.registry.GetPolicy(c.labels["policyName"])
	if err != nil {
		return nil, err
	}
	v, err := p.known(c.labels["policyVersionId"])
	if err != nil {
		return nil, err
	}
	return fields{
		"policyArn": p.ARN, "policyName": p.Name, "policyDocument": v.Document, "policyVersionId": v.ID,
		"isDefaultVersion": v.ID == p.DefaultVersionID, "creationDate": timestamp(v.Created), "lastModifiedDate": timestamp(v.Created),
		"generationId": p.GenerationID,
	}, nil
}

func (c *call) setDefaultPolicyVersion() (any, error) {
	return nil, c.registry.SetDefaultPolicyVersion(c.ctx(), c.labels["policyName"], c.labels["policyVersionId"])
}

func (c *call) deletePolicyVersion() (any, error) {
	return nil, c.registry.DeletePolicyVersion(c.ctx(), c.labels["policyName"], c.labels["policyVersionId"])
}

// target reads the target of an attachment.
func (c *call) target() (string, error) {
	var in struct {
		Target string `json:"target"`
	}
	err := c.decode(&in)
	return in.Target, err
}

func (c *call) attachPolicy() (any, error) {
	target, err := c.target()
	if err != nil {
		return nil, err
	}
	return nil, c.registry.AttachPolicy(c.ctx(), c.labels["policyName"], target)
}

func (c *call) detachPolicy() (any, error) {
	target, err := c.target()
	if err != nil {
		return nil, err
	}
	return nil, c.registry.DetachPolicy(c.ctx(), c.labels["policyName"], target)
}

func (c *call) listAttachedPolicies() (any, error) {
	return c.attached(c.labels["target"], c.flag("recursive"))
}

func (c *call) attached(target string, recursive bool) (any, error) {
	names, next, err := c.registry.ListAttachedPolicies(target, recursive, c.markers())
	return fields{"policies": each(names, c.policyNameAndARN)}.set("nextMarker", next), err
}

func (c *call) listTargetsForPolicy() (any, error) {
	targets, next, err := c.registry.ListTargetsForPolicy(c.labels["policyName"], c.markers())
	return fields{"targets": each(targets, func(arn string) any { return arn })}.set("nextMarker", next), err
}

func (c *call) attachPrincipalPolicy() (any, error) {
	return nil, c.registry.AttachPolicy(c.ctx(), c.labels["policyName"], c.header(iotPrincipalHeader))
}

func (c *call) detachPrincipalPolicy() (any, error) {
	return nil, c.registry.DetachPolicy(c.ctx(), c.labels["policyName"], c.header(iotPrincipalHeader))
}

func (c *call) listPrincipalPolicies() (any, error) {
	return c.attached(c.header(iotPrincipalHeader), false)
}

func (c *call) listPolicyPrincipals() (any, error) {
	targets, next, err := c.registry.ListTargetsForPolicy(c.header(iotPolicyHeader), c.markers())
	return fields{"principals": each(targets, func(arn string) any { return arn })}.set("nextMarker", next), err
}

func (c *call) getEffectivePolicies() (any, error) {
	var in struct {
		Principal             string `json:"principal"`
		CognitoIdentityPoolID string `json:"cognitoIdentityPoolId"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.CognitoIdentityPoolID != "" {
		return nil, invalid("Amazon Cognito identities are not kept here")
	}
	policies, err := c.registry.GetEffectivePolicies(in.Principal, c.query("thingName"))
	return fields{"effectivePolicies": each(policies, func(p EffectivePolicy) any {
		return fields{"policyName": p.Name, "policyArn": p.ARN, "policyDocument": p.Document}
	})}, err
}
