package registry

// groupOperations are those of thing groups.
var groupOperations = []operation{
	{"AddThingToThingGroup", "PUT", "/thing-groups/addThingToThingGroup", (*call).addThingToThingGroup},
	{"RemoveThingFromThingGroup", "PUT", "/thing-groups/removeThingFromThingGroup", (*call).removeThingFromThingGroup},
	{"UpdateThingGroupsForThing", "PUT", "/thing-groups/updateThingGroupsForThing", (*call).updateThingGroupsForThing},
	{"CreateThingGroup", "POST", "/thing-groups/{thingGroupName}", (*call).createThingGroup},
	{"DescribeThingGroup", "GET", "/thing-groups/{thingGroupName}", (*call).describeThingGroup},
	{"UpdateThingGroup", "PATCH", "/thing-groups/{thingGroupName}", (*call).updateThingGroup},
	{"DeleteThingGroup", "DELETE", "/thing-groups/{thingGroupName}", (*call).deleteThingGroup},
	{"ListThingGroups", "GET", "/thing-groups", (*call).listThingGroups},
	{"ListThingsInThingGroup", "GET", "/thing-groups/{thingGroupName}/things", (*call).listThingsInThingGroup},
	{"ListThingGroupsForThing", "GET", "/things/{thingName}/thing-groups", (*call).listThingGroupsForThing},
}

// thingGroupProperties is the API's ThingGroupProperties.
type thingGroupProperties struct {
	ThingGroupDescription *string           `json:"thingGroupDescription"`
	AttributePayload      *attributePayload `json:"attributePayload"`
}

func (p thingGroupProperties) description() string {
	if p.ThingGroupDescription == nil {
		return ""
	}
	return *p.ThingGroupDescription
}

func (c *call) createThingGroup() (any, error) {
	var in struct {
		unsupported
		ParentGroupName      string               `json:"parentGroupName"`
		ThingGroupProperties thingGroupProperties `json:"thingGroupProperties"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	g, err := c.registry.CreateThingGroup(c.ctx(), ThingGroup{
		Name: c.labels["thingGroupName"], Parent: in.ParentGroupName, Description: in.ThingGroupProperties.description(),
		Attributes: in.ThingGroupProperties.AttributePayload.get(),
	})
	return fields{"thingGroupName": g.Name, "thingGroupArn": g.ARN, "thingGroupId": g.ID}, err
}

func (c *call) describeThingGroup() (any, error) {
	g, err := c.registry.DescribeThingGroup(c.labels["thingGroupName"])
	if err != nil {
		return nil, err
	}
	properties := fields{}.set("thingGroupDescription", g.Description)
	if len(g.Attributes) > 0 {
		properties["attributePayload"] = fields{"attributes": g.Attributes}
	}
	metadata := fields{"creationDate": timestamp(g.Created)}.set("parentGroupName", g.Parent)
	if g.Parent != "" {
		metadata["rootToParentThingGroups"] = each(g.Ancestors, c.groupNameAndARN)
	}
	return fields{
		"thingGroupName": g.Name, "thingGroupArn": g.ARN, "thingGroupId": g.ID, "version": g.Version,
		"thingGroupProperties": properties, "thingGroupMetadata": metadata,
	}, nil
}

func (c *call) groupNameAndARN(name string) any {
	return fields{"groupName": name, "groupArn": c.registry.arn("thinggroup", name)}
}

func (c *call) updateThingGroup() (any, error) {
	var in struct {
		ThingGroupProperties thingGroupProperties `json:"thingGroupProperties"`
		ExpectedVersion      int64                `json:"expectedVersion"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	p := in.ThingGroupProperties
	version, err := c.registry.UpdateThingGroup(c.ctx(), c.labels["thingGroupName"], ThingGroupUpdate{
		Description: p.ThingGroupDescription, Attributes: p.AttributePayload.get(), Merge: p.AttributePayload.merge(),
		ExpectedVersion: in.ExpectedVersion,
	})
	return fields{"version": version}, err
}

func (c *call) deleteThingGroup() (any, error) {
	version := c.number("expectedVersion")
	if c.err != nil {
		return nil, c.err
	}
	return fields{}, c.registry.DeleteThingGroup(c.ctx(), c.labels["thingGroupName"], version)
}

func (c *call) listThingGroups() (any, error) {
	direct := c.query("recursive") != "" && !c.flag("recursive")
	groups, next, err := c.registry.ListThingGroups(ThingGroupQuery{
		Page: c.tokens(), Prefix: c.query("namePrefixFilter"), Parent: c.query("parentGroup"), Direct: direct,
	})
	return fields{"thingGroups": each(groups, func(g ThingGroup) any { return c.groupNameAndARN(g.Name) })}.set("nextToken", next), err
}

// membership is a request to add or to remove: each of the two by its name or its ARN.
type membership struct {
	ThingGroupName string `json:"thingGroupName"`
	ThingGroupARN  string `json:"thingGroupArn"`
	ThingName      string `json:"thingName"`
	ThingARN       string `json:"thingArn"`
}

func (c *call) membership() (group, thing string, err error) {
	var in membership
	if err := c.decode(&in); err != nil {
		return "", "", err
	}
	if group, err = c.either("thinggroup", "thingGroup", in.ThingGroupName, in.ThingGroupARN); err != nil {
		return "", "", err
	}
	thing, err = c.either("thing", "thing", in.ThingName, in.ThingARN)
	return group, thing, err
}

// either is the name of what is given by its name, its ARN or both.
func (c *call) either(kind, member, name, arn string) (string, error) {
	switch {
	case name == "" && arn == "":
		return "", invalid("Both %sArn and %sName are empty. Need to specify at least one of them", member, member)
	case arn == "":
		return name, nil
	}
	named := c.registry.named(kind, arn)
	if named == "" || name != "" && name != named {
		return "", invalid("%sArn %q is none of this account's, or another's than %sName", member, clip(arn), member)
	}
	return named, nil
}

func (c *call) addThingToThingGroup() (any, error) {
	group, thing, err := c.membership()
	if err != nil {
		return nil, err
	}
	return fields{}, c.registry.AddThingToThingGroup(c.ctx(), group, thing)
}

func (c *call) removeThingFromThingGroup() (any, error) {
	group, thing, err := c.membership()
	if err != nil {
		return nil, err
	}
	return fields{}, c.registry.RemoveThingFromThingGroup(c.ctx(), group, thing)
}

func (c *call) updateThingGroupsForThing() (any, error) {
	var in struct {
		ThingName           string   `json:"thingName"`
		ThingGroupsToAdd    []string `json:"thingGroupsToAdd"`
		ThingGroupsToRemove []string `json:"thingGroupsToRemove"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return fields{}, c.registry.UpdateThingGroupsForThing(c.ctx(), in.ThingName, in.ThingGroupsToAdd, in.ThingGroupsToRemove)
}

func (c *call) listThingsInThingGroup() (any, error) {
	things, next, err := c.registry.ListThingsInThingGroup(c.labels["thingGroupName"], c.flag("recursive"), c.tokens())
	return fields{"things": each(things, func(name string) any { return name })}.set("nextToken", next), err
}

func (c *call) listThingGroupsForThing() (any, error) {
	groups, next, err := c.registry.ListThingGroupsForThing(c.labels["thingName"], c.tokens())
	return fields{"thingGroups": each(groups, c.groupNameAndARN)}.set("nextToken", next), err
}
