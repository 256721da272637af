package registry

import "github.com/askaround/askaround-go/iotauth/policy"

// accountOperations are those of role aliases and endpoints.
var accountOperations = []operation{
	{"CreateRoleAlias", "POST", "/role-aliases/{roleAlias}", (*call).createRoleAlias},
	{"DescribeRoleAlias", "GET", "/role-aliases/{roleAlias}", (*call).describeRoleAlias},
	{"UpdateRoleAlias", "PUT", "/role-aliases/{roleAlias}", (*call).updateRoleAlias},
	{"DeleteRoleAlias", "DELETE", "/role-aliases/{roleAlias}", (*call).deleteRoleAlias},
	{"ListRoleAliases", "GET", "/role-aliases", (*call).listRoleAliases},
	{"DescribeEndpoint", "GET", "/endpoint", (*call).describeEndpoint},
}

type roleAliasInput struct {
	unsupported
	RoleARN                   string `json:"roleArn"`
	CredentialDurationSeconds int    `json:"credentialDurationSeconds"`
}

func (c *call) createRoleAlias() (any, error) {
	var in roleAliasInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	a, err := c.registry.CreateRoleAlias(c.ctx(), RoleAlias{Name: c.labels["roleAlias"], RoleARN: in.RoleARN, CredentialDuration: in.CredentialDurationSeconds})
	return fields{"roleAlias": a.Name, "roleAliasArn": a.ARN}, err
}

func (c *call) describeRoleAlias() (any, error) {
	a, err := c.registry.DescribeRoleAlias(c.labels["roleAlias"])
	if err != nil {
		return nil, err
	}
	return fields{"roleAliasDescription": fields{
		"roleAlias": a.Name, "roleAliasArn": a.ARN, "roleArn": a.RoleARN, "owner": c.registry.options.Account,
		"credentialDurationSeconds": a.CredentialDuration, "creationDate": timestamp(a.Created), "lastModifiedDate": timestamp(a.Modified),
	}}, nil
}

func (c *call) updateRoleAlias() (any, error) {
	var in roleAliasInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a, err := c.registry.UpdateRoleAlias(c.ctx(), c.labels["roleAlias"], in.RoleARN, in.CredentialDurationSeconds)
	return fields{"roleAlias": a.Name, "roleAliasArn": a.ARN}, err
}

func (c *call) deleteRoleAlias() (any, error) {
	return fields{}, c.registry.DeleteRoleAlias(c.ctx(), c.labels["roleAlias"])
}

func (c *call) listRoleAliases() (any, error) {
	aliases, next, err := c.registry.ListRoleAliases(c.dated())
	return fields{"roleAliases": each(aliases, func(a RoleAlias) any { return a.Name })}.set("nextMarker", next), err
}

func (c *call) describeEndpoint() (any, error) {
	kind := c.query("endpointType")
	if kind == "" {
		kind = endpointTypes[0]
	}
	address, ok := c.endpoints[kind]
	if !ok {
		return nil, invalid("Endpoint type %q is none of %v", clip(kind), endpointTypes)
	}
	return fields{"endpointAddress": address}, nil
}

// actions are those that TestAuthorization knows.
var actions = map[string]policy.Action{
	"CONNECT": policy.Connect, "PUBLISH": policy.Publish, "SUBSCRIBE": policy.Subscribe, "RECEIVE": policy.Receive,
}

// authInfo is the API's AuthInfo.
type authInfo struct {
	ActionType string   `json:"actionType,omitempty"`
	Resources  []string `json:"resources"`
}

func (c *call) testAuthorization() (any, error) {
	var in struct {
		Principal             string     `json:"principal"`
		CognitoIdentityPoolID string     `json:"cognitoIdentityPoolId"`
		AuthInfos             []authInfo `json:"authInfos"`
		PolicyNamesToAdd      []string   `json:"policyNamesToAdd"`
		PolicyNamesToSkip     []string   `json:"policyNamesToSkip"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.CognitoIdentityPoolID != "" {
		return nil, invalid("Amazon Cognito identities are not kept here")
	}
	q := AuthorizationQuery{Principal: in.Principal, ClientID: c.query("clientId"), Add: in.PolicyNamesToAdd, Skip: in.PolicyNamesToSkip}
	for _, info := range in.AuthInfos {
		action, ok := actions[info.ActionType]
		if !ok {
			return nil, invalid("actionType is CONNECT, PUBLISH, SUBSCRIBE or RECEIVE, not %q", clip(info.ActionType))
		}
		q.Infos = append(q.Infos, AuthInfo{Action: action, Resources: info.Resources})
	}
	results, err := c.registry.TestAuthorization(q)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(results))
	for i, result := range results {
		out[i] = c.authResult(in.AuthInfos[i], result)
	}
	return fields{"authResults": out}, nil
}

func (c *call) authResult(asked authInfo, r AuthResult) any {
	missing := r.Missing
	if missing == nil {
		missing = []string{}
	}
	denied := fields{"implicitDeny": fields{"policies": []any{}}, "explicitDeny": fields{"policies": each(r.Denied, c.policyNameAndARN)}}
	return fields{
		"authInfo": asked, "authDecision": r.Verdict, "missingContextValues": missing,
		"allowed": fields{"policies": each(r.Allowed, c.policyNameAndARN)}, "denied": denied,
	}
}
