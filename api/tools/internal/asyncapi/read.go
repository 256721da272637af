package asyncapi

import (
	"cmp"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Read reads the document called name and the files that it refers to from files. Its
// error joins an [*Error] for every fault, in the order of lines.
func Read(files fs.FS, name string) (*Model, error) {
	source, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, Place{name, 1, ""}.Fault("%v", err)
	}
	if len(document.Content) == 0 {
		return nil, Place{name, 1, ""}.Fault("empty")
	}
	r := &reader{file: name, files: files, foreign: map[string]*yaml.Node{}, used: map[*Parameter]bool{}}
	r.root = node{yaml: document.Content[0], line: 1, in: r}
	r.read()
	if len(r.faults) > 0 {
		return nil, r.err()
	}
	return r.model, nil
}

// A reader turns one document into a model, collecting faults.
type reader struct {
	file    string
	files   fs.FS
	root    node
	model   *Model
	faults  []*Error
	foreign map[string]*yaml.Node // documents referred to, nil where unreadable

	parameters map[string]*Parameter // by name in components
	places     map[any]node          // of roles, parameters, channels, operations: for later faults
	used       map[*Parameter]bool
}

func (r *reader) err() error {
	slices.SortStableFunc(r.faults, func(a, b *Error) int { return cmp.Compare(a.Line, b.Line) })
	r.faults = slices.CompactFunc(r.faults, func(a, b *Error) bool { return *a == *b })
	list := make([]error, len(r.faults))
	for i, e := range r.faults {
		list[i] = e
	}
	return errors.Join(list...)
}

func (r *reader) read() {
	info := r.root.need("info")
	r.model = &Model{Title: info.need("title").text(), Version: info.need("version").text()}
	r.parameters, r.places = map[string]*Parameter{}, map[any]node{}
	if v := r.root.need("asyncapi"); v.present() && !strings.HasPrefix(v.text(), "3.") {
		v.fail("AsyncAPI 3 is wanted, not %q", v.text())
	}
	for _, m := range r.root.need("x-roles").members() {
		r.readRole(m)
	}
	for _, m := range r.root.get("components").get("parameters").members() {
		r.readParameter(m)
	}
	for _, m := range r.root.need("channels").members() {
		r.readChannel(m)
	}
	for _, m := range r.root.need("operations").members() {
		r.readOperation(m)
	}
	r.check()
}

var (
	nameSyntax = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	ruleSyntax = regexp.MustCompile(`^[A-Za-z0-9_]{1,128}$`)
)

// name reports a name from which no identifier can be made.
func (m member) checkName() {
	if !nameSyntax.MatchString(m.name) {
		m.fail("%q is not a name: lower camel case, letters and digits", m.name)
	}
}

func (r *reader) readRole(m member) {
	m.checkName()
	m.only("description", "identity")
	role := &Role{Name: m.name, Description: m.need("description").text(), Identity: m.get("identity").text(), Place: m.place()}
	if !slices.Contains([]string{"", "account", "thing"}, role.Identity) {
		m.get("identity").fail("%q is neither account nor thing", role.Identity)
	}
	r.model.Roles = append(r.model.Roles, role)
	r.places[role] = m.node
}

func (r *reader) readParameter(m member) {
	m.checkName()
	m.only("description", "examples", "x-pattern", "x-max-length", "x-identity")
	p := &Parameter{Name: m.name, Description: m.need("description").text(), Identity: m.get("x-identity").text()}
	r.model.Parameters = append(r.model.Parameters, p)
	r.parameters[m.name], r.places[p] = p, m.node
	if !slices.Contains([]string{"", "account", "thing"}, p.Identity) {
		m.get("x-identity").fail("%q is neither account nor thing", p.Identity)
	}
	r.readPattern(m, p)
	if list := m.need("examples"); list.present() && list.yaml.Kind == yaml.SequenceNode && len(list.yaml.Content) > 0 {
		p.Example = list.yaml.Content[0].Value
		if len(p.Pattern.Atoms) > 0 && !p.Pattern.Match(p.Example) {
			list.fail("the example %q does not match %s", p.Example, p.Pattern.Source)
		}
	}
}

func (r *reader) readPattern(m member, p *Parameter) {
	source, length := m.need("x-pattern"), m.need("x-max-length")
	if !source.present() || !length.present() {
		return
	}
	var err error
	if p.Pattern, err = ParsePattern(source.text()); err != nil {
		source.fail("pattern %s: %v", source.text(), err)
		p.Pattern.Atoms = nil
		return
	}
	p.MaxLength = length.number(1, MaxTopicBytes)
	if longest := p.Pattern.MaxLength(); longest != p.MaxLength {
		length.fail("%d, but the pattern allows %d characters", p.MaxLength, longest)
	}
}

func (r *reader) readChannel(m member) {
	m.checkName()
	m.only("address", "title", "summary", "description", "parameters", "messages", "tags", "x-max-payload", "x-rule")
	c := &Channel{
		Name:        m.name,
		Description: strings.TrimSpace(m.need("description").text()),
		Address:     m.need("address").text(),
		MaxPayload:  m.need("x-max-payload").number(1, MaxPayloadBytes),
		Rule:        m.get("x-rule").text(),
		Place:       m.place(),
	}
	r.model.Channels = append(r.model.Channels, c)
	r.places[c] = m.node
	if c.Rule != "" && !ruleSyntax.MatchString(c.Rule) {
		m.get("x-rule").fail("%q is not the name of a rule: letters, digits and underscores", c.Rule)
	}
	r.readSegments(m, c)
	r.readMessages(m, c)
}

var literalSyntax = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// readSegments splits the address and looks up its parameters.
func (r *reader) readSegments(m member, c *Channel) {
	address, declared := m.get("address"), m.get("parameters")
	if !address.present() {
		return
	}
	used := map[string]bool{}
	for level := range strings.SplitSeq(c.Address, "/") {
		name, isParameter := strings.CutPrefix(level, "{")
		name, closed := strings.CutSuffix(name, "}")
		switch {
		case isParameter && closed:
			if used[name] {
				address.fail("parameter %s stands twice", name)
			}
			used[name] = true
			c.Segments = append(c.Segments, Segment{Parameter: r.parameter(address, declared, name)})
		case literalSyntax.MatchString(level):
			c.Segments = append(c.Segments, Segment{Literal: level})
		default:
			address.fail("level %q is neither {parameter} nor lower-case letters, digits and inner hyphens", level)
			c.Segments = append(c.Segments, Segment{Literal: level})
		}
	}
	for _, p := range declared.members() {
		if !used[p.name] {
			p.fail("parameter %s is not in the address %s", p.name, c.Address)
		}
	}
}

// parameter is the parameter of that name which the channel declares.
func (r *reader) parameter(address, declared node, name string) *Parameter {
	d := declared.get(name)
	if !d.present() {
		address.fail("unknown parameter %s", name)
		return new(Parameter)
	}
	ref := d.need("$ref")
	if !ref.present() {
		return new(Parameter)
	}
	target, ok := strings.CutPrefix(ref.text(), "#/components/parameters/")
	p := r.parameters[target]
	if !ok || p == nil {
		ref.fail("%q is not a parameter of #/components/parameters", ref.text())
		return new(Parameter)
	}
	if target != name {
		ref.fail("parameter %s is called %s here: one name is enough", target, name)
	}
	r.used[p] = true
	return p
}

func (r *reader) readMessages(m member, c *Channel) {
	messages := m.need("messages")
	for _, entry := range messages.members() {
		message := entry.follow()
		ref := message.need("payload").need("$ref")
		if !ref.present() {
			continue
		}
		c.Messages = append(c.Messages, Message{entry.name, ref.text()})
		r.checkReference(ref)
	}
	if messages.present() && len(messages.members()) == 0 {
		messages.fail("a channel carries at least one message")
	}
}

// checkReference reports a reference to a schema that is not there, in this document or
// in another file.
func (r *reader) checkReference(ref node) {
	file, pointer, _ := strings.Cut(ref.text(), "#")
	if file == "" {
		if _, ok := r.at("#" + pointer); !ok {
			ref.fail("%q leads nowhere", ref.text())
		}
		return
	}
	root, err := r.open(file)
	if err != nil {
		ref.fail("%v", err)
		return
	}
	other := &reader{file: file}
	other.root = node{yaml: root, in: other}
	if _, ok := other.at("#" + pointer); !ok {
		ref.fail("%q leads nowhere", ref.text())
	}
}

// open reads another document once.
func (r *reader) open(file string) (*yaml.Node, error) {
	if root := r.foreign[file]; root != nil {
		return root, nil
	}
	source, err := fs.ReadFile(r.files, strings.TrimPrefix(file, "./"))
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, errors.New(file + " is empty")
	}
	r.foreign[file] = document.Content[0]
	return document.Content[0], nil
}
