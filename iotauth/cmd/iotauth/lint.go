package main

import (
	"context"
	"fmt"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// finding is one of lint's in JSON.
type finding struct {
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Column   int             `json:"column"`
	Severity policy.Severity `json:"severity"`
	Code     string          `json:"code"`
	Pointer  string          `json:"pointer"`
	Message  string          `json:"message"`
	Mend     string          `json:"mend"`
	Audit    string          `json:"audit,omitempty"`
}

func runLint(_ context.Context, p *program, args []string) error {
	set := p.flags("policy lint", "FILE...")
	level := set.String("level", "low", "least `severity` of what is reported: info, low, medium, high or critical")
	asJSON := set.Bool("json", false, "print JSON, a list")
	files, err := parse(set, args, 1, 1000)
	if err != nil {
		return err
	}
	least, ok := severity(*level)
	if !ok {
		return p.wrong(set, "-level %q is no severity", *level)
	}
	list := []finding{}
	for _, file := range files {
		d, err := p.readPolicy(file)
		if err != nil {
			return err
		}
		for _, f := range policy.Lint(d) {
			if f.Severity >= least {
				list = append(list, finding{file, f.Position.Line, f.Position.Column, f.Severity, f.Code, f.Pointer, f.Message, f.Mend, f.Audit})
			}
		}
	}
	if *asJSON {
		err = p.printJSON(list)
	} else {
		err = p.printFindings(list)
	}
	if err == nil && len(list) > 0 {
		err = errNo
	}
	return err
}

func severity(name string) (policy.Severity, bool) {
	for s := policy.Info; s <= policy.Critical; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// printFindings prints them as compilers do, so that editors find the place.
func (p *program) printFindings(list []finding) error {
	for _, f := range list {
		if _, err := fmt.Fprintf(p.stdout, "%s:%d:%d: %s: %s [%s]\n\tmend: %s\n", f.File, f.Line, f.Column, f.Severity, f.Message, f.Code, f.Mend); err != nil {
			return err
		}
	}
	return nil
}
