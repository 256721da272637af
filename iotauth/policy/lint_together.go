package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// probe is a thing, a client and a topic level that no policy means.
const probe = "a-thing-of-somebody-else"

// together looks at what the statements of a document do with each other.
func (l *linter) together() {
	widest, err := Compile(l.widest())
	if err != nil {
		return // Validate reports it
	}
	for _, at := range l.places() {
		l.permissive(widest, at)
		l.defeatedDenies(widest, at)
		l.clientIDHole(widest, at)
	}
	l.incomplete()
	l.shared()
	l.heads()
}

// places are the partitions, regions and accounts that resources spell, or a usual one.
func (l *linter) places() []Connection {
	var out []Connection
	plain := func(s string) string {
		if strings.ContainsAny(s, "*?$") {
			return ""
		}
		return s
	}
	known := map[[3]string]bool{}
	for _, s := range l.doc.Statements {
		for _, text := range slices.Concat(s.Resource, s.NotResource) {
			a, err := ParseARN(text)
			if err != nil {
				continue
			}
			at := [3]string{plain(a.Partition), plain(a.Region), plain(a.Account)}
			if !known[at] && len(out) < maxPlaces {
				known[at] = true
				out = append(out, Connection{Partition: at[0], Region: at[1], Account: at[2]})
			}
		}
	}
	if len(out) == 0 {
		return []Connection{{}}
	}
	return out
}

// maxPlaces bounds the work for a document of many accounts.
const maxPlaces = 8

// widest is the document with every Allow at its widest: conditions are left out, except
// that Allows which demand an attached thing keep it; Denies with conditions are left out.
func (l *linter) widest() *Document {
	out := &Document{Version: l.doc.Version}
	for _, s := range l.doc.Statements {
		if s.Effect == EffectDeny && len(s.Condition) > 0 {
			s = Deny("iot:").On("*").Named("left out") // keeps the numbers of statements
		} else if !demandsAttached(&s) {
			s.Condition = nil
		}
		out.Statements = append(out.Statements, s)
	}
	return out
}

func demandsAttached(s *Statement) bool {
	for _, c := range s.Condition {
		if c.Operator == "Bool" && foldKey(c.Key) == foldKey(KeyIsAttached) && slices.Equal(c.Values, []string{"true"}) {
			return true
		}
	}
	return false
}

// somebody is a connection for which every variable has a value of its own.
func (l *linter) somebody(clientID string, at Connection) Connection {
	c := at
	c.ClientID, c.Extra = clientID, Context{}
	c.Thing = &Thing{Name: "thing", Attached: true, Exclusive: true, TypeName: "type"}
	for _, s := range l.doc.Statements {
		for _, text := range slices.Concat(s.Resource, s.NotResource) {
			t, err := compileTemplate(text, true, true)
			if err != nil {
				continue
			}
			for _, p := range t.parts {
				if info, known := describeKey(p.key); known && !info.multi && info.scope == scopeCertificate || strings.Contains(p.key, "attributes[") {
					c.Extra[p.name] = []string{"value"}
				}
			}
		}
	}
	return c
}

// permissive asks for what belongs to another device, as the check
// IOT_POLICY_OVERLY_PERMISSIVE does. Receive is left out there too: a device receives only
// what it may subscribe to.
func (l *linter) permissive(widest *Set, at Connection) {
	conn := l.somebody(probe, at)
	anonymous := conn
	anonymous.Thing = nil // a client that is no thing; a statement that demands one does not count
	l.probe(widest, &anonymous, Connect, probe, "any client ID may connect",
		"allow client/${iot:Connection.Thing.ThingName}, under Bool iot:Connection.Thing.IsAttached true")
	conn.ClientID = "client"
	for _, topic := range []string{"$aws/things/" + probe + "/shadow/update", "$aws/things/" + probe + "/jobs/x/update"} {
		l.probe(widest, &conn, Publish, topic, "it may publish on reserved topics of other things, such as "+topic,
			"name ${iot:Connection.Thing.ThingName} behind $aws/things/")
	}
	for _, filter := range []string{"$aws/things/" + probe + "/shadow/update/accepted", "$aws/things/+/shadow/update", "$aws/things/#"} {
		l.probe(widest, &conn, Subscribe, filter, "it may subscribe to reserved topics of other things, by "+filter,
			"name ${iot:Connection.Thing.ThingName} behind $aws/things/")
	}
	https := conn
	https.Protocol = HTTPS
	for _, t := range actionTypes {
		if t.of == ThingResource {
			l.probe(widest, &https, t.action, probe, "it may reach shadows or jobs of every thing", "name the things")
		}
	}
}

// probe reports the statements that allow a request, each once.
func (l *linter) probe(widest *Set, c *Connection, a Action, name, message, mend string) {
	decision := widest.Evaluate(c.Request(a, name))
	if !decision.Allowed() {
		return
	}
	for _, ref := range decision.Statements {
		pointer := statementPointer(ref.Statement - 1)
		if l.has(LintPermissive, pointer) {
			continue
		}
		l.find(LintPermissive, Critical, pointer, string(a)+": "+message, mend).Audit = "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS"
	}
}

func (l *linter) has(code, pointer string) bool {
	return slices.ContainsFunc(l.findings, func(f Finding) bool { return f.Code == code && f.Pointer == pointer })
}

// defeatedDenies looks for topic filters that are denied, while a wider filter is not and
// brings the same messages.
func (l *linter) defeatedDenies(widest *Set, at Connection) {
	conn := l.somebody("client", at)
	v := newValues(conn.Context())
	for i := range l.doc.Statements {
		s := &l.doc.Statements[i]
		if s.Effect != EffectDeny || !slices.Contains(covered(s), Subscribe) {
			continue
		}
		for j, text := range s.Resource {
			pointer := statementPointer(i) + "/Resource/" + strconv.Itoa(j)
			topic, ok := denied(text, v)
			if !ok || l.has(LintDenyDefeated, pointer) || !widest.Evaluate(conn.Request(Receive, topic)).Allowed() {
				continue
			}
			for _, filter := range wider(topic) {
				if widest.Evaluate(conn.Request(Subscribe, filter)).Allowed() {
					l.find(LintDenyDefeated, Medium, pointer,
						fmt.Sprintf("the filter %s is allowed, and brings %s", filter, topic),
						"deny iot:Receive on the topics as well").Audit = "TOPIC_FILTERS_INTENDED_TO_DENY_ALLOWED_USING_WILDCARDS"
					break
				}
			}
		}
	}
}

// denied is a topic that a denied filter was meant for: "*", "+" and "#" stand for a level.
func denied(text string, v *values) (topic string, ok bool) {
	t, err := compileTemplate(text, true, true)
	if err != nil || typeOf(text) != string(TopicFilterResource) {
		return "", false
	}
	pattern, _, ok := t.resolve(v)
	_, name, _ := strings.Cut(pattern, "/")
	name = strings.NewReplacer("\xff", "level", "\xfe", "x", "+", "level", "#", "level").Replace(name)
	return name, ok && name != ""
}

// wider lists filters with wildcards that match a topic.
func wider(topic string) []string {
	levels := strings.Split(topic, "/")
	out := []string{"#"}
	for i := range levels {
		if i > 0 {
			out = append(out, strings.Join(levels[:i], "/")+"/#")
		}
		plus := slices.Clone(levels)
		plus[i] = "+"
		out = append(out, strings.Join(plus, "/"))
	}
	return out
}

// clientIDHole looks for filters that hold the client ID, where a client may call itself
// "+" and so subscribe for all.
func (l *linter) clientIDHole(widest *Set, at Connection) {
	conn := l.somebody("+", at)
	if !widest.Evaluate(conn.Request(Connect, "+")).Allowed() {
		return
	}
	for i := range l.doc.Statements {
		s := &l.doc.Statements[i]
		if s.Effect != EffectAllow || !slices.Contains(covered(s), Subscribe) {
			continue
		}
		for j, text := range s.Resource {
			pointer := statementPointer(i) + "/Resource/" + strconv.Itoa(j)
			if strings.Contains(strings.ToLower(text), "${iot:clientid}") && !l.has(LintClientIDHole, pointer) {
				l.find(LintClientIDHole, High, pointer,
					"a client may connect as + and then subscribes to the topics of all", "let only clients with known IDs connect, or use ${iot:Connection.Thing.ThingName}")
			}
		}
	}
}

// incomplete looks for actions that are of no use alone.
func (l *linter) incomplete() {
	first := map[Action]int{}
	for i := len(l.doc.Statements) - 1; i >= 0; i-- {
		if s := &l.doc.Statements[i]; s.Effect == EffectAllow {
			for _, a := range covered(s) {
				first[a] = i
			}
		}
	}
	for _, need := range []struct {
		a, other Action
		severity Severity
		message  string
	}{
		{RetainPublish, Publish, Low, "a message with RETAIN needs iot:Publish as well"},
		{Subscribe, Receive, Medium, "nothing is delivered without iot:Receive"},
		{Publish, Connect, Info, "over MQTT a client needs iot:Connect first"},
		{Subscribe, Connect, Info, "a client needs iot:Connect first"},
	} {
		i, has := first[need.a]
		if _, ok := first[need.other]; has && !ok {
			l.find(LintIncomplete, need.severity, statementPointer(i), fmt.Sprintf("%s is allowed, %s is not: %s", need.a, need.other, need.message),
				fmt.Sprintf("allow %s, unless another policy does", need.other))
		}
	}
}

// shared looks for shared subscriptions whose messages are allowed in one of the two forms
// that AWS's documents use for their topic.
func (l *linter) shared() {
	has := func(a Action, marker string) bool {
		return slices.ContainsFunc(l.doc.Statements, func(s Statement) bool {
			return s.Effect == EffectAllow && slices.Contains(covered(&s), a) && slices.ContainsFunc(s.Resource, func(r string) bool { return strings.Contains(r, marker) })
		})
	}
	if has(Subscribe, "topicfilter/$share/") && has(Receive, "topic/") && !has(Receive, "topic/$share/") {
		l.find(LintSharedReceive, Low, "", "Receive is allowed on the plain topics of a shared subscription only; AWS's documents also use topic/$share/{group}/{topic}",
			"allow iot:Receive on both forms")
	}
}

// heads looks for resources that begin with wildcards for region and account, and end
// without one: they also match names that repeat the end behind a colon.
func (l *linter) heads() {
	for i, s := range l.doc.Statements {
		for j, text := range s.Resource {
			a, err := ParseARN(text)
			if err == nil && strings.HasSuffix(a.Account, "*") && a.Resource != "*" && s.Effect == EffectAllow {
				_, name := a.Split()
				l.find(LintHead, Info, fmt.Sprintf("%s/Resource/%d", statementPointer(i), j),
					fmt.Sprintf(`the "*" for the account may read on: %s matches the name "x:%s/%s" as well`, text, strings.SplitN(a.Resource, "/", 2)[0], name),
					"write region and account")
				return // once is enough
			}
		}
	}
}
