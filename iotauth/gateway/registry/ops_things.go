package registry

import "time"

// thingOperations are those of things and their types.
var thingOperations = []operation{
	{"CreateThing", "POST", "/things/{thingName}", (*call).createThing},
	{"DescribeThing", "GET", "/things/{thingName}", (*call).describeThing},
	{"UpdateThing", "PATCH", "/things/{thingName}", (*call).updateThing},
	{"DeleteThing", "DELETE", "/things/{thingName}", (*call).deleteThing},
	{"ListThings", "GET", "/things", (*call).listThings},
	{"CreateThingType", "POST", "/thing-types/{thingTypeName}", (*call).createThingType},
	{"DescribeThingType", "GET", "/thing-types/{thingTypeName}", (*call).describeThingType},
	{"UpdateThingType", "PATCH", "/thing-types/{thingTypeName}", (*call).updateThingType},
	{"DeprecateThingType", "POST", "/thing-types/{thingTypeName}/deprecate", (*call).deprecateThingType},
	{"DeleteThingType", "DELETE", "/thing-types/{thingTypeName}", (*call).deleteThingType},
	{"ListThingTypes", "GET", "/thing-types", (*call).listThingTypes},
}

// attributePayload is the API's AttributePayload.
type attributePayload struct {
	Attributes map[string]string `json:"attributes"`
	Merge      bool              `json:"merge"`
}

// get returns the attributes, nil where the payload or the attributes are not there.
func (p *attributePayload) get() map[string]string {
	if p == nil {
		return nil
	}
	return p.Attributes
}

func (p *attributePayload) merge() bool { return p != nil && p.Merge }

// unsupported are members that the registry does not keep. A request with one of them is
// refused, so that nobody relies on it.
type unsupported struct {
	BillingGroupName string `json:"billingGroupName"`
	Tags             []any  `json:"tags"`
}

func (u unsupported) check() error {
	switch {
	case u.BillingGroupName != "":
		return invalid("billing groups are not kept here: leave billingGroupName out")
	case len(u.Tags) > 0:
		return invalid("tags are not kept here: leave them out")
	}
	return nil
}

func (c *call) createThing() (any, error) {
	var in struct {
		unsupported
		ThingTypeName    string            `json:"thingTypeName"`
		AttributePayload *attributePayload `json:"attributePayload"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	t, err := c.registry.CreateThing(c.ctx(), Thing{Name: c.labels["thingName"], TypeName: in.ThingTypeName, Attributes: in.AttributePayload.get()})
	if err != nil {
		return nil, err
	}
	return fields{"thingName": t.Name, "thingArn": t.ARN, "thingId": t.ID}, nil
}

func (c *call) describeThing() (any, error) {
	t, err := c.registry.DescribeThing(c.labels["thingName"])
	if err != nil {
		return nil, err
	}
	out := thingFields(t)
	out["defaultClientId"], out["thingId"] = t.Name, t.ID
	return out, nil
}

func thingFields(t Thing) fields {
	if t.Attributes == nil {
		t.Attributes = map[string]string{}
	}
	return fields{"thingName": t.Name, "thingArn": t.ARN, "attributes": t.Attributes, "version": t.Version}.set("thingTypeName", t.TypeName)
}

func (c *call) updateThing() (any, error) {
	var in struct {
		ThingTypeName    string            `json:"thingTypeName"`
		AttributePayload *attributePayload `json:"attributePayload"`
		ExpectedVersion  int64             `json:"expectedVersion"`
		RemoveThingType  bool              `json:"removeThingType"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return fields{}, c.registry.UpdateThing(c.ctx(), c.labels["thingName"], ThingUpdate{
		TypeName: in.ThingTypeName, RemoveType: in.RemoveThingType, ExpectedVersion: in.ExpectedVersion,
		Attributes: in.AttributePayload.get(), Merge: in.AttributePayload.merge(),
	})
}

func (c *call) deleteThing() (any, error) {
	version := c.number("expectedVersion")
	if c.err != nil {
		return nil, c.err
	}
	return fields{}, c.registry.DeleteThing(c.ctx(), c.labels["thingName"], version)
}

func (c *call) listThings() (any, error) {
	things, next, err := c.registry.ListThings(ThingQuery{
		Page: c.tokens(), TypeName: c.query("thingTypeName"),
		AttributeName: c.query("attributeName"), AttributeValue: c.query("attributeValue"), Prefix: c.flag("usePrefixAttributeValue"),
	})
	return fields{"things": each(things, func(t Thing) any { return thingFields(t) })}.set("nextToken", next), err
}

// thingTypeProperties is the API's ThingTypeProperties.
type thingTypeProperties struct {
	ThingTypeDescription string   `json:"thingTypeDescription"`
	SearchableAttributes []string `json:"searchableAttributes"`
	MQTT5Configuration   any      `json:"mqtt5Configuration"`
}

func (p thingTypeProperties) check() error {
	if p.MQTT5Configuration != nil {
		return invalid("attributes of things are not propagated to MQTT 5 here: leave mqtt5Configuration out")
	}
	return nil
}

func (c *call) createThingType() (any, error) {
	var in struct {
		unsupported
		ThingTypeProperties thingTypeProperties `json:"thingTypeProperties"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.unsupported.check(); err != nil {
		return nil, err
	}
	if err := in.ThingTypeProperties.check(); err != nil {
		return nil, err
	}
	t, err := c.registry.CreateThingType(c.ctx(), ThingType{
		Name: c.labels["thingTypeName"], Description: in.ThingTypeProperties.ThingTypeDescription,
		SearchableAttributes: in.ThingTypeProperties.SearchableAttributes,
	})
	return fields{"thingTypeName": t.Name, "thingTypeArn": t.ARN, "thingTypeId": t.ID}, err
}

func typeFields(t ThingType) fields {
	metadata := fields{"deprecated": !t.Deprecated.IsZero(), "creationDate": timestamp(t.Created)}
	if t.Deprecated != (time.Time{}) {
		metadata["deprecationDate"] = timestamp(t.Deprecated)
	}
	properties := fields{}.set("thingTypeDescription", t.Description)
	if len(t.SearchableAttributes) > 0 {
		properties["searchableAttributes"] = t.SearchableAttributes
	}
	return fields{"thingTypeName": t.Name, "thingTypeArn": t.ARN, "thingTypeProperties": properties, "thingTypeMetadata": metadata}
}

func (c *call) describeThingType() (any, error) {
	t, err := c.registry.DescribeThingType(c.labels["thingTypeName"])
	if err != nil {
		return nil, err
	}
	return typeFields(t).set("thingTypeId", t.ID), nil
}

func (c *call) updateThingType() (any, error) {
	var in struct {
		ThingTypeProperties thingTypeProperties `json:"thingTypeProperties"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.ThingTypeProperties.check(); err != nil {
		return nil, err
	}
	p := in.ThingTypeProperties
	return fields{}, c.registry.UpdateThingType(c.ctx(), c.labels["thingTypeName"], p.ThingTypeDescription, p.SearchableAttributes)
}

func (c *call) deprecateThingType() (any, error) {
	var in struct {
		UndoDeprecate bool `json:"undoDeprecate"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return fields{}, c.registry.DeprecateThingType(c.ctx(), c.labels["thingTypeName"], in.UndoDeprecate)
}

func (c *call) deleteThingType() (any, error) {
	return fields{}, c.registry.DeleteThingType(c.ctx(), c.labels["thingTypeName"])
}

func (c *call) listThingTypes() (any, error) {
	types, next, err := c.registry.ListThingTypes(c.query("thingTypeName"), c.tokens())
	return fields{"thingTypes": each(types, func(t ThingType) any { return typeFields(t) })}.set("nextToken", next), err
}
