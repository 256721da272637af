package registry

import (
	"encoding/json"
	"regexp"
)

// ruleOperations are those of topic rules.
var ruleOperations = []operation{
	{"CreateTopicRule", "POST", "/rules/{ruleName}", (*call).createTopicRule},
	{"GetTopicRule", "GET", "/rules/{ruleName}", (*call).getTopicRule},
	{"ReplaceTopicRule", "PATCH", "/rules/{ruleName}", (*call).replaceTopicRule},
	{"DeleteTopicRule", "DELETE", "/rules/{ruleName}", (*call).deleteTopicRule},
	{"ListTopicRules", "GET", "/rules", (*call).listTopicRules},
	{"EnableTopicRule", "POST", "/rules/{ruleName}/enable", (*call).enableTopicRule},
	{"DisableTopicRule", "POST", "/rules/{ruleName}/disable", (*call).disableTopicRule},
}

// rulePayload returns the request's body, which the model makes of the payload alone.
func (c *call) rulePayload() (json.RawMessage, error) {
	var payload json.RawMessage
	if err := c.decode(&payload); err != nil {
		return nil, err
	}
	if len(payload) == 0 || payload[0] != '{' {
		return nil, invalid("topicRulePayload is missing")
	}
	return payload, nil
}

func (c *call) createTopicRule() (any, error) {
	payload, err := c.rulePayload()
	if err != nil {
		return nil, err
	}
	if c.header("x-amz-tagging") != "" {
		return nil, unsupported{Tags: []any{true}}.check()
	}
	return nil, c.registry.CreateTopicRule(c.ctx(), c.labels["ruleName"], payload)
}

func (c *call) replaceTopicRule() (any, error) {
	payload, err := c.rulePayload()
	if err != nil {
		return nil, err
	}
	return nil, c.registry.ReplaceTopicRule(c.ctx(), c.labels["ruleName"], payload)
}

func (c *call) deleteTopicRule() (any, error) {
	return nil, c.registry.DeleteTopicRule(c.ctx(), c.labels["ruleName"])
}

func (c *call) enableTopicRule() (any, error) {
	return nil, c.registry.EnableTopicRule(c.ctx(), c.labels["ruleName"], true)
}

func (c *call) disableTopicRule() (any, error) {
	return nil, c.registry.EnableTopicRule(c.ctx(), c.labels["ruleName"], false)
}

func (c *call) getTopicRule() (any, error) {
	r, err := c.registry.GetTopicRule(c.labels["ruleName"])
	if err != nil {
		return nil, err
	}
	rule := fields{}
	if err := json.Unmarshal(r.Payload, &rule); err != nil {
		return nil, err
	}
	rule["ruleName"] = r.Name
	r.dated(rule)
	if rule["ruleDisabled"] == nil {
		rule["ruleDisabled"] = false
	}
	return fields{"ruleArn": r.ARN, "rule": rule}, nil
}

// from finds the topic filter of a statement: the string behind the first FROM.
var from = regexp.MustCompile(`(?is)\bFROM\s+(?:'([^']*)'|"([^"]*)")`)

// topicPattern is the topic filter of a statement, "" where it has none.
func topicPattern(sql string) string {
	if m := from.FindStringSubmatch(sql); m != nil {
		return m[1] + m[2]
	}
	return ""
}

// ruleHead is what a list tells of a rule.
type ruleHead struct {
	SQL          string `json:"sql"`
	RuleDisabled bool   `json:"ruleDisabled"`
}

func (t TopicRule) head() (h ruleHead) {
	_ = json.Unmarshal(t.Payload, &h) // the engine took it
	return h
}

// dated adds when the rule was created, where that is known.
func (t TopicRule) dated(out fields) {
	if !t.Created.IsZero() {
		out["createdAt"] = timestamp(t.Created)
	}
}

func (c *call) listTopicRules() (any, error) {
	topic, disabled := c.query("topic"), c.flag("ruleDisabled")
	rules, next, err := c.registry.ListTopicRules(c.tokens(), func(r TopicRule) bool {
		if c.query("ruleDisabled") != "" && r.head().RuleDisabled != disabled {
			return false
		}
		return topic == "" || topic == topicPattern(r.head().SQL)
	})
	return fields{"rules": each(rules, func(r TopicRule) any {
		h := r.head()
		out := fields{"ruleName": r.Name, "ruleArn": r.ARN, "ruleDisabled": h.RuleDisabled}.set("topicPattern", topicPattern(h.SQL))
		r.dated(out)
		return out
	})}.set("nextToken", next), err
}
