package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// cppHeader makes the header from which firmware takes its topics.
func cppHeader(model *asyncapi.Model) ([]file, error) {
	if err := checkCppNames(model); err != nil {
		return nil, err
	}
	body, err := execute("topics.h.tmpl", model)
	return []file{{"firmware/include/askaround_topics.h", body}}, err
}

// cppType is the type of a parameter: RobotName, and QuestionId where a channel has taken
// the word as the name of its own.
func cppType(model *asyncapi.Model, p *asyncapi.Parameter) string {
	if slices.ContainsFunc(model.Channels, func(c *asyncapi.Channel) bool { return memberName(c, p) == "id" }) {
		return upperFirst(p.Name) + "Id"
	}
	return upperFirst(p.Name) + "Name"
}

// cppRuns writes the atoms of a parameter as types: detail::Run<1, 128, '0', '9', 'a', 'z'>.
func cppRuns(p *asyncapi.Parameter) []string {
	var list []string
	for _, atom := range p.Pattern.Atoms {
		var b strings.Builder
		fmt.Fprintf(&b, "detail::Run<%d, %d", atom.Min, atom.Max)
		for _, r := range atom.Class.Ranges() {
			fmt.Fprintf(&b, ", '%c', '%c'", r[0], r[1])
		}
		list = append(list, b.String()+">")
	}
	return list
}

// cppEach joins the channel's parameters, each written by format from its type, the name
// of its member and its place among them.
func cppEach(model *asyncapi.Model, c *asyncapi.Channel, format, separator string) string {
	var list []string
	for i, p := range c.Parameters() {
		list = append(list, strings.NewReplacer(
			"TYPE", cppType(model, p), "NAME", memberName(c, p), "INDEX", fmt.Sprint(i)).Replace(format))
	}
	return strings.Join(list, separator)
}

// cppFigures says what the numbers of a channel's class are.
func cppFigures(c *asyncapi.Channel) string {
	retained := "not retained"
	if c.Send.Retain {
		retained = "retained"
	}
	return fmt.Sprintf("At most %d bytes of topic and %d of payload; published at QoS %d, %s; subscribed to at QoS %d.",
		c.MaxBytes(), c.MaxPayload, c.Send.QoS, retained, c.Receive.QoS)
}

// cppGrants lists the specializations that say what roles may do with a channel.
func cppGrants(c *asyncapi.Channel) []string {
	var list []string
	add := func(trait string, g asyncapi.Grant) {
		list = append(list, fmt.Sprintf("%s<role::%s, %s>", trait, upperFirst(g.Role.Name), typeName(c)))
	}
	for _, g := range c.Send.Grants {
		add("MaySend", g)
	}
	for _, g := range c.Receive.Grants {
		add("MayReceive", g)
		if g.Scope == asyncapi.All {
			add("MayReceiveAll", g)
		}
	}
	return list
}

// Names that the header has taken, and names that C++ or the macros of Arduino.h have.
var (
	cppTypes   = []string{"Kind", "MqttBuffer", "PublishTopic", "SubscribeAll", "SubscribeFilter", "Unknown"}
	cppMembers = []string{"format", "ok", "parse", "pattern", "views"}

	cppKeywords = strings.Fields(`alignas alignof and asm auto bitand bitor bool break case catch char class
		compl const constexpr continue decltype default delete do double else enum explicit export extern
		false float for friend goto if inline int long mutable namespace new noexcept not nullptr operator
		or private protected public register return short signed sizeof static struct switch template this
		throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor`)
	arduinoMacros = strings.Fields(`abs bit cli constrain degrees interrupts max min radians round sei sq word`)
)

// checkCppNames reports the first name that the header cannot use.
func checkCppNames(model *asyncapi.Model) error {
	types := slices.Clone(cppTypes)
	for _, p := range model.Parameters {
		if slices.Contains(slices.Concat(cppMembers, cppKeywords, arduinoMacros), p.Name) {
			return fmt.Errorf("firmware: parameter %s: C++ or the header has taken the name", p.Name)
		}
		types = append(types, cppType(model, p))
	}
	for _, c := range model.Channels {
		if slices.Contains(types, typeName(c)) {
			return fmt.Errorf("firmware: channel %s: the header has taken the name %s", c.Name, typeName(c))
		}
	}
	return nil
}
