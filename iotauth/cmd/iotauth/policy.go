package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// question is a request, as flags describe it.
type question struct {
	action, resource string
	connection       policy.Connection
	https            bool
	thing            policy.Thing
	certificate      string
	sourceIP, attrs  string
	context          contextFlag
}

// contextFlag is a flag that may be given several times; a key has the values of all.
type contextFlag policy.Context

func (c contextFlag) String() string { return "" }

func (c contextFlag) Set(text string) error {
	key, value, found := strings.Cut(text, "=")
	if !found || key == "" {
		return errors.New("want KEY=VALUE")
	}
	c[key] = append(c[key], value)
	return nil
}

func (q *question) register(set *flag.FlagSet) {
	q.context = contextFlag{}
	c := &q.connection
	set.StringVar(&q.action, "action", "", "`action`: Connect, Publish, Subscribe, Receive, …")
	set.StringVar(&q.resource, "resource", "", "`name` of the topic, filter, client or thing; or its ARN")
	set.StringVar(&c.ClientID, "client-id", "", "client `ID`")
	set.BoolVar(&q.https, "https", false, "the client uses HTTPS, not MQTT")
	set.StringVar(&q.certificate, "certificate", "", "`file` of the client's certificate, PEM")
	set.StringVar(&q.thing.Name, "thing", "", "`name` of the thing that is attached to the client's certificate")
	set.StringVar(&q.thing.TypeName, "thing-type", "", "`name` of the thing's type")
	set.BoolVar(&q.thing.Exclusive, "exclusive", false, "the thing is attached exclusively")
	set.StringVar(&q.sourceIP, "source-ip", "", "the client's `address`")
	set.StringVar(&c.DomainName, "domain-name", "", "`name` of the endpoint")
	set.StringVar(&q.attrs, "connect-attributes", "", "`list` of PersistentConnect and LastWill, with a comma between")
	set.StringVar(&c.LastWillTopic, "last-will-topic", "", "`topic` of the will")
	set.StringVar(&c.Region, "region", "", "`region`, us-east-1 if not given")
	set.StringVar(&c.Account, "account", "", "`number` of the account, 123456789012 if not given")
	set.Var(q.context, "context", "condition key, `KEY=VALUE`; several are allowed, and several of one key")
}

// request completes the question.
func (q *question) request() (policy.Request, error) {
	action := policy.Action(q.action)
	if !strings.Contains(q.action, ":") {
		action = "iot:" + action
	}
	if action.ResourceType() == "" {
		return policy.Request{}, fmt.Errorf("-action %q is none of AWS IoT's data plane", q.action)
	}
	if q.resource == "" && action.ResourceType() != policy.AnyResource {
		return policy.Request{}, fmt.Errorf("-resource is needed: %s works on a %s", q.action, action.ResourceType())
	}
	c := q.connection
	if q.https {
		c.Protocol = policy.HTTPS
	}
	if q.thing.Name != "" {
		q.thing.Attached = true
		c.Thing = &q.thing
	}
	if q.sourceIP != "" {
		address, err := netip.ParseAddr(q.sourceIP)
		if err != nil {
			return policy.Request{}, fmt.Errorf("-source-ip: %w", err)
		}
		c.SourceIP = address
	}
	if q.certificate != "" {
		certificate, err := readCertificate(q.certificate)
		if err != nil {
			return policy.Request{}, err
		}
		c.Certificate = policy.NewCertificate(certificate)
	}
	if q.attrs != "" {
		c.ConnectAttributes = strings.Split(q.attrs, ",")
	}
	c.Extra = policy.Context(q.context)
	request := c.Request(action, q.resource)
	if strings.HasPrefix(q.resource, "arn:") {
		request.Resource = q.resource
	}
	return request, nil
}

func readCertificate(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: no PEM block", file)
	}
	return x509.ParseCertificate(block.Bytes)
}

// ask parses the flags of a question and its policies.
func (p *program) ask(name string, args []string, extra func(*flag.FlagSet)) (*policy.Set, policy.Request, error) {
	set := p.flags("policy "+name, "FILE...")
	var q question
	q.register(set)
	if extra != nil {
		extra(set)
	}
	files, err := parse(set, args, 1, 1000)
	if err != nil {
		return nil, policy.Request{}, err
	}
	if q.action == "" {
		return nil, policy.Request{}, p.wrong(set, "-action is needed")
	}
	request, err := q.request()
	if err != nil {
		return nil, policy.Request{}, p.wrong(set, "%v", err)
	}
	compiled, err := p.compile(files...)
	return compiled, request, err
}

// compile reads files and compiles their union.
func (p *program) compile(files ...string) (*policy.Set, error) {
	var documents []*policy.Document
	for _, file := range files {
		d, err := p.readPolicy(file)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return policy.Compile(documents...)
}

// readPolicy reads a file, or the standard input for "-".
func (p *program) readPolicy(file string) (*policy.Document, error) {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(p.stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

// verdict says no to what is denied.
func verdict(v policy.Verdict) error {
	if !v.Allowed() {
		return errNo
	}
	return nil
}

func runEval(_ context.Context, p *program, args []string) error {
	var asJSON bool
	compiled, request, err := p.ask("eval", args, func(set *flag.FlagSet) {
		set.BoolVar(&asJSON, "json", false, "print JSON, with the statements that decided")
	})
	if err != nil {
		return err
	}
	d := compiled.Evaluate(request)
	if asJSON {
		err = p.printJSON(answerOf(d))
	} else {
		_, err = fmt.Fprintln(p.stdout, d.Verdict)
	}
	if err != nil {
		return err
	}
	return verdict(d.Verdict)
}

// answer is a decision as JSON, with the names of TestAuthorization.
type answer struct {
	Decision             policy.Verdict `json:"authDecision"`
	Statements           []decider      `json:"statements,omitempty"`
	MissingContextValues []string       `json:"missingContextValues,omitempty"`
}

// decider is a statement that decided.
type decider struct {
	Document  int    `json:"document"` // from 1, in the order of the files
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
}

func answerOf(d policy.Decision) answer {
	a := answer{Decision: d.Verdict, MissingContextValues: d.MissingContextValues}
	for _, ref := range d.Statements {
		a.Statements = append(a.Statements, decider{ref.Document, ref.Statement, ref.Sid, ref.Position.Line, ref.Position.Column})
	}
	return a
}

func runExplain(_ context.Context, p *program, args []string) error {
	var line bool
	compiled, request, err := p.ask("explain", args, func(set *flag.FlagSet) {
		set.BoolVar(&line, "line", false, "print one line, as for a log")
	})
	if err != nil {
		return err
	}
	e := compiled.Explain(request)
	if line {
		_, err = fmt.Fprintln(p.stdout, e)
	} else {
		_, err = fmt.Fprint(p.stdout, e.Tree())
	}
	if err != nil {
		return err
	}
	return verdict(e.Verdict)
}
