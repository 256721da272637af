package main

import (
	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// clientID is how clients of a role are called in CONNECT. A thing has one connection,
// under its name; the others may hold several: instance tells them apart.
func clientID(role *asyncapi.Role, identity, instance string) string {
	switch role.Identity {
	case "thing":
		return identity
	case "account":
		return identity + "-" + instance
	default:
		return role.Name + "-" + instance
	}
}

// goNaming is the constant of package topic that says the same.
func goNaming(role *asyncapi.Role) string {
	switch role.Identity {
	case "thing":
		return "byThing"
	case "account":
		return "byAccount"
	default:
		return "byRole"
	}
}

// docsClientID is what the table of roles says.
func docsClientID(role *asyncapi.Role) string {
	return clientID(role, "{"+role.Identity+"}", "{instance}")
}

// tsClientParameters declares the parameters of the function that makes a client id.
func tsClientParameters(model *asyncapi.Model, role *asyncapi.Role) string {
	if role.Identity == "" {
		return "instance: string"
	}
	identity := role.Identity + ": "
	for _, p := range model.Parameters {
		if p.Identity == role.Identity {
			if identity[len(identity)-1] == '>' {
				identity += " | "
			}
			identity += `Value<"` + p.Name + `">`
		}
	}
	if role.Identity == "account" {
		identity += ", instance: string"
	}
	return identity
}

// tsClientID is the client id as a template literal.
func tsClientID(role *asyncapi.Role) string {
	return "`" + clientID(role, "${"+role.Identity+"}", "${instance}") + "`"
}
