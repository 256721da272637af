package main

import (
	"bytes"
	"encoding/json"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// The form of a topic model that package iotauth/policy reads, to derive policies and to
// prove those that are generated here.
type (
	topicModel struct {
		Roles      []topicRole               `json:"roles"`
		Parameters map[string]topicParameter `json:"parameters"`
		Channels   []topicChannel            `json:"channels"`
	}
	topicRole struct {
		Name     string `json:"name"`
		Identity string `json:"identity,omitempty"`
		Variable string `json:"variable,omitempty"`
		Client   string `json:"client,omitempty"`
		Attached bool   `json:"attached,omitempty"`
	}
	topicParameter struct {
		Pattern  string `json:"pattern"`
		Identity string `json:"identity,omitempty"`
	}
	topicChannel struct {
		Name    string       `json:"name"`
		Address string       `json:"address"`
		Retain  bool         `json:"retain,omitempty"`
		Publish []topicGrant `json:"publish,omitempty"`
		Receive []topicGrant `json:"receive,omitempty"`
	}
	topicGrant struct {
		Role   string         `json:"role"`
		Topics asyncapi.Scope `json:"topics"`
	}
)

// topicModels writes who may use which topics.
func topicModels(model *asyncapi.Model) ([]file, error) {
	out := topicModel{Parameters: map[string]topicParameter{}}
	for _, r := range model.Roles {
		role := topicRole{Name: r.Name, Identity: r.Identity, Variable: identityVariable[r.Identity], Attached: r.Identity == "thing"}
		if r.Identity == "account" {
			role.Client = role.Variable + "-*" // a person has several connections
		}
		out.Roles = append(out.Roles, role)
	}
	for _, p := range model.Parameters {
		out.Parameters[p.Name] = topicParameter{p.Pattern.Source, p.Identity}
	}
	for _, c := range model.Channels {
		out.Channels = append(out.Channels, topicChannel{c.Name, c.Address, c.Send.Retain, grants(c.Send), grants(c.Receive)})
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(out)
	return []file{{"api/topics.json", b.Bytes()}}, err
}

func grants(o *asyncapi.Operation) []topicGrant {
	var out []topicGrant
	for _, g := range o.Grants {
		out = append(out, topicGrant{g.Role.Name, g.Scope})
	}
	return out
}
