package main

import (
	"bytes"
	"embed"
	"strings"
	"text/template"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"mark":         func() string { return mark },
	"type":         typeName,
	"upper":        upperFirst,
	"acronym":      acronym,
	"member":       memberName,
	"comment":      comment,
	"roles":        roleNames,
	"arguments":    goArguments,
	"fields":       goFields,
	"address":      goAddress,
	"constructor":  goConstructor,
	"atoms":        goAtoms,
	"grants":       goGrants,
	"shape":        goShape,
	"identity":     goIdentity,
	"holding":      holdingOf,
	"schemas":      schemaNames,
	"rules":        withRules,
	"thousands":    thousands,
	"join":         strings.Join,
	"goNaming":     goNaming,
	"clientID":     docsClientID,
	"tsClient":     tsClientID,
	"tsClientOf":   tsClientParameters,
	"tsParameters": tsParameters,
	"tsValues":     tsValues,
	"tsAddress":    tsAddress,
	"tsExpression": tsExpression,
	"maxTopic":     func() int { return asyncapi.MaxTopicBytes },
	"maxPayload":   func() int { return asyncapi.MaxPayloadBytes },
	"cppType":      cppType,
	"cppRuns":      cppRuns,
	"cppEach":      cppEach,
	"cppFigures":   cppFigures,
	"cppGrants":    cppGrants,
}).ParseFS(templateFiles, "templates/*.tmpl"))

func execute(name string, model *asyncapi.Model) ([]byte, error) {
	var b bytes.Buffer
	err := templates.ExecuteTemplate(&b, name, model)
	return b.Bytes(), err
}
