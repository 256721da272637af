package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Parts of a measurement are processes of their own, as they would be elsewhere: so it is
// known what each uses of the processor, and none waits in the scheduler of another.

// roleVariable says in the environment which part a process of this program is.
const roleVariable = "ASKAROUND_LOAD_ROLE"

// Roles.
const (
	serverRole      = "server"
	subscribersRole = "subscribers"
)

// play plays the role of a part: it answers the orders that come in until they end.
func play(ctx context.Context, role string, in io.Reader, out io.Writer) error {
	switch role {
	case serverRole:
		return serve(ctx, in, out)
	case subscribersRole:
		return follow(ctx, in, out)
	}
	return fmt.Errorf("unknown role %q", role)
}

// answerOrders answers every order of in by do, until they end.
func answerOrders[O, A any](in io.Reader, out io.Writer, do func(O) (A, error)) error {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var order O
		if err := orders.Decode(&order); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		answer, err := do(order)
		if err == nil {
			err = answers.Encode(answer)
		}
		if err != nil {
			return err
		}
	}
}

// part is a process that plays a role, seen from the one that measures.
type part struct {
	role    string
	process *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
}

func startPart(ctx context.Context, role string, environment ...string) (*part, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &part{role: role, process: exec.CommandContext(ctx, program)}
	p.process.Stderr = os.Stderr
	p.process.Env = append(append(os.Environ(), roleVariable+"="+role), environment...)
	if p.in, err = p.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.orders, p.answers = json.NewEncoder(p.in), json.NewDecoder(out)
	return p, p.process.Start()
}

// ask gives an order and reads the answer.
func (p *part) ask(order, answer any) error {
	err := p.orders.Encode(order)
	if err == nil {
		err = p.answers.Decode(answer)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.role, err)
	}
	return nil
}

func (p *part) stop() error { return errors.Join(p.in.Close(), p.process.Wait()) }
