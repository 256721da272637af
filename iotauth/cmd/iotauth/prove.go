package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/iotauth/policy"
)

func runProve(_ context.Context, p *program, args []string) error {
	set := p.flags("policy prove", "A B (files, or several with commas between)")
	both := set.Bool("both", false, "prove as well that B allows nothing that A does not")
	operands, err := parse(set, args, 2, 2)
	if err != nil {
		return err
	}
	a, err := p.compile(strings.Split(operands[0], ",")...)
	if err != nil {
		return err
	}
	b, err := p.compile(strings.Split(operands[1], ",")...)
	if err != nil {
		return err
	}
	answers := []error{p.prove(operands[0], a, operands[1], b)}
	if *both {
		answers = append(answers, p.prove(operands[1], b, operands[0], a))
	}
	for _, err := range answers {
		if err != nil {
			return err
		}
	}
	return nil
}

// prove prints whether all that a allows is allowed by b.
func (p *program) prove(nameA string, a *policy.Set, nameB string, b *policy.Set) error {
	proof, err := policy.Prove(a, b)
	if err != nil {
		return err
	}
	if proof.Holds {
		fmt.Fprintf(p.stdout, "%s allows nothing that %s does not\n", nameA, nameB)
		return nil
	}
	fmt.Fprintf(p.stdout, "%s allows what %s does not: %s\n", nameA, nameB, proof.Counterexample)
	return errNo
}
