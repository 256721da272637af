package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/askaround/askaround-go/iotauth/policy"
)

func runDerive(_ context.Context, p *program, args []string) error {
	set := p.flags("policy derive", "MODEL")
	role := set.String("role", "", "`name` of the role, one of the model's")
	check := set.String("check", "", "do not print: prove that these policies, `files` with commas between, allow the role just what the model does")
	operands, err := parse(set, args, 1, 1)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(operands[0])
	if err != nil {
		return err
	}
	model, err := policy.ReadModel(text)
	if err != nil {
		return fmt.Errorf("%s: %w", operands[0], err)
	}
	if *role == "" {
		return p.wrong(set, "-role is needed, one of %s", roles(model))
	}
	if *check != "" {
		return p.check(model, *role, *check)
	}
	document, err := policy.Derive(model, *role)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(document.String()), "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, &out)
	return err
}

func roles(m *policy.Model) string {
	names := make([]string, len(m.Roles))
	for i, r := range m.Roles {
		names[i] = r.Name
	}
	return strings.Join(names, ", ")
}

// check proves policies against a model.
func (p *program) check(model *policy.Model, role, files string) error {
	set, err := p.compile(strings.Split(files, ",")...)
	if err != nil {
		return err
	}
	proof, err := model.Prove(set, role)
	if err != nil {
		return err
	}
	if !proof.Holds {
		fmt.Fprintf(p.stdout, "role %s: %s\n", role, proof.Difference)
		return errNo
	}
	fmt.Fprintf(p.stdout, "%s allows role %s just what the model does\n", files, role)
	return nil
}
