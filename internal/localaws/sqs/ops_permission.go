package sqs

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
)

// maxActions is how many actions a statement of a policy can have (API reference,
// AddPermission).
const maxActions = 7

var labelPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// grantable are the actions that the owner of a queue can let others do.
var grantable = []string{"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
	"ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage"}

type permissionInput struct {
	QueueURL      string `json:"QueueUrl"`
	Label         string
	AWSAccountIDs []string `json:"AWSAccountIds" query:"AWSAccountId"`
	Actions       []string `query:"ActionName"`
}

// policy is a queue's Policy as far as permissions need it. Statements that somebody
// wrote by hand stay as they are.
type policy struct {
	Version   string
	ID        string `json:"Id,omitempty"`
	Statement []json.RawMessage
}

// statement is what AddPermission writes.
type statement struct {
	Sid       string
	Effect    string
	Principal map[string]any
	Action    any
	Resource  string
}

func (e *Engine) addPermission(ctx context.Context, in permissionInput) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	return nil, e.changePolicy(ctx, in.QueueURL, func(q *queue, p *policy) error {
		if p.find(in.Label) >= 0 {
			return outOfRange(in.Label, "Label", "Already exists")
		}
		s := statement{Sid: in.Label, Effect: "Allow", Resource: e.arn(q.Name)}
		var principals, actions []string
		for _, id := range in.AWSAccountIDs {
			principals = append(principals, "arn:aws:iam::"+id+":root")
		}
		for _, action := range in.Actions {
			actions = append(actions, "SQS:"+action)
		}
		s.Principal, s.Action = map[string]any{"AWS": oneOrMany(principals)}, oneOrMany(actions)
		p.Statement = append(p.Statement, encode(s))
		return nil
	})
}

func (in permissionInput) check() error {
	switch {
	case in.Label == "":
		return missingParameter("Label")
	case !labelPattern.MatchString(in.Label):
		return outOfRange(shorten(in.Label), "Label", "Must be 1 to 80 alphanumeric characters, hyphens and underscores")
	case len(in.Actions) == 0:
		return missingParameter("Actions")
	case len(in.AWSAccountIDs) == 0:
		return outOfRange("[]", "PrincipalId", "Unable to verify")
	case len(in.Actions) > maxActions:
		return refuse("OverLimit", "%d Actions were found, maximum allowed is %d.", len(in.Actions), maxActions)
	}
	for _, id := range in.AWSAccountIDs {
		if !accountPattern.MatchString(id) {
			return outOfRange("["+shorten(id)+"]", "PrincipalId", "Unable to verify")
		}
	}
	for _, action := range in.Actions {
		if !slices.Contains(grantable, action) {
			return outOfRange("SQS:"+shorten(action), "ActionName", "Only the queue owner is allowed to invoke this action")
		}
	}
	return nil
}

func oneOrMany(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}

func (e *Engine) removePermission(ctx context.Context, in permissionInput) (any, error) {
	if in.Label == "" {
		return nil, missingParameter("Label")
	}
	return nil, e.changePolicy(ctx, in.QueueURL, func(_ *queue, p *policy) error {
		at := p.find(in.Label)
		if at < 0 {
			return outOfRange(shorten(in.Label), "Label", "can't find label on existing policy")
		}
		p.Statement = slices.Delete(p.Statement, at, at+1)
		return nil
	})
}

// find returns where the statement with a label stands, -1 when nowhere.
func (p *policy) find(label string) int {
	return slices.IndexFunc(p.Statement, func(text json.RawMessage) bool {
		var s struct{ Sid string }
		return json.Unmarshal(text, &s) == nil && s.Sid == label
	})
}

// changePolicy lets change work on a queue's Policy. One without statements is none.
func (e *Engine) changePolicy(ctx context.Context, queueURL string, change func(*queue, *policy) error) error {
	return e.do(ctx, func(t *tx) error {
		q, err := t.queue(queueURL)
		if err != nil {
			return err
		}
		p := policy{Version: "2008-10-17", ID: t.arn(q.Name) + "/SQSDefaultPolicy"}
		if text := q.Attributes["Policy"]; text != "" && json.Unmarshal([]byte(text), &p) != nil {
			return invalidAttribute("Policy") // JSON, but no policy
		}
		if err := change(q, &p); err != nil {
			return err
		}
		attributes := map[string]string{}
		maps.Copy(attributes, q.Attributes)
		if attributes["Policy"] = ""; len(p.Statement) > 0 {
			attributes["Policy"] = string(encode(p))
		}
		q.Attributes, q.Modified = attributes, t.now/1000
		t.define(q)
		return nil
	})
}
