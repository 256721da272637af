package policy

import "strings"

// An Action is what a request wants to do: "iot:Publish". In a document it may hold the
// wildcards "*" and "?", and its case does not matter.
type Action string

// The actions of AWS IoT's data plane.
// Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html.
const (
	Connect                      Action = "iot:Connect"
	Publish                      Action = "iot:Publish"
	Receive                      Action = "iot:Receive"
	RetainPublish                Action = "iot:RetainPublish"
	Subscribe                    Action = "iot:Subscribe"
	GetRetainedMessage           Action = "iot:GetRetainedMessage"
	ListRetainedMessages         Action = "iot:ListRetainedMessages"
	GetThingShadow               Action = "iot:GetThingShadow"
	UpdateThingShadow            Action = "iot:UpdateThingShadow"
	DeleteThingShadow            Action = "iot:DeleteThingShadow"
	ListNamedShadowsForThing     Action = "iot:ListNamedShadowsForThing"
	DescribeJobExecution         Action = "iot:DescribeJobExecution"
	GetPendingJobExecutions      Action = "iot:GetPendingJobExecutions"
	StartNextPendingJobExecution Action = "iot:StartNextPendingJobExecution"
	UpdateJobExecution           Action = "iot:UpdateJobExecution"
	AssumeRoleWithCertificate    Action = "iot:AssumeRoleWithCertificate"
	DeleteConnection             Action = "iot:DeleteConnection"
)

// A ResourceType is the part of a resource's ARN before the slash.
type ResourceType string

// Resource types. [AnyResource] is that of actions which work on no single resource: their
// requests and statements name "*".
const (
	ClientResource      ResourceType = "client"
	TopicResource       ResourceType = "topic"
	TopicFilterResource ResourceType = "topicfilter"
	ThingResource       ResourceType = "thing"
	RoleAliasResource   ResourceType = "rolealias"
	AnyResource         ResourceType = "*"
)

// actionTypes says what each action works on.
// Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html.
var actionTypes = []struct {
	action Action
	of     ResourceType
}{
	{Connect, ClientResource},
	{Publish, TopicResource},
	{Receive, TopicResource},
	{RetainPublish, TopicResource},
	{Subscribe, TopicFilterResource},
	{GetRetainedMessage, TopicResource},
	{ListRetainedMessages, AnyResource},
	{GetThingShadow, ThingResource},
	{UpdateThingShadow, ThingResource},
	{DeleteThingShadow, ThingResource},
	{ListNamedShadowsForThing, AnyResource},
	{DescribeJobExecution, ThingResource},
	{GetPendingJobExecutions, ThingResource},
	{StartNextPendingJobExecution, ThingResource},
	{UpdateJobExecution, ThingResource},
	{AssumeRoleWithCertificate, RoleAliasResource},
	{DeleteConnection, ClientResource},
}

// Actions returns every action of the data plane.
func Actions() []Action {
	list := make([]Action, len(actionTypes))
	for i, t := range actionTypes {
		list[i] = t.action
	}
	return list
}

// ResourceType is the type of resource that a works on, in any case of its letters, and
// "" for an action outside the data plane.
func (a Action) ResourceType() ResourceType {
	for _, t := range actionTypes {
		if strings.EqualFold(string(t.action), string(a)) {
			return t.of
		}
	}
	return ""
}

// onlyHTTP reports whether a is never asked over MQTT: devices use reserved topics there,
// which are Publish, Subscribe and Receive.
func (a Action) onlyHTTP() bool {
	return a.ResourceType() == ThingResource || a == ListNamedShadowsForThing ||
		a == GetRetainedMessage || a == ListRetainedMessages || a == DeleteConnection
}
