package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// A Severity ranks findings.
type Severity uint8

// Severities, as AWS IoT Device Defender ranks what its audit finds.
const (
	Info     Severity = iota // worth knowing
	Low                      // works, but not as well as it could
	Medium                   // does probably not do what was meant
	High                     // does not do what was meant, or opens what was to be closed
	Critical                 // opens the account to whoever holds one device's credentials
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("Severity(%d)", uint8(s))
}

// MarshalText is [Severity.String].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is something about a document that is not as it seems.
type Finding struct {
	Code     string   `json:"code"` // one of the Lint constants
	Severity Severity `json:"severity"`
	Pointer  string   `json:"pointer"` // what it is about; see [Document.Position]
	Position Position `json:"position"`
	Message  string   `json:"message"`         // what happens, and why
	Mend     string   `json:"mend"`            // what to write instead
	Audit    string   `json:"audit,omitempty"` // reason code of AWS IoT Device Defender, where it has one
}

// String is one line: "3:7 high deny-may-not-deny /Statement/1/Resource/0: … ; mend: …".
func (f Finding) String() string {
	return fmt.Sprintf("%s %s %s %s: %s; mend: %s", f.Position, f.Severity, f.Code, f.Pointer, f.Message, f.Mend)
}

// What Lint finds.
const (
	LintTooLarge           = "too-large"            // AWS IoT refuses the document
	LintVersion            = "version"              // without the current version, variables are plain text
	LintDuplicateSid       = "duplicate-sid"        // two statements have one name
	LintUnknownAction      = "unknown-action"       // no action of AWS IoT's data plane
	LintAllActions         = "all-actions"          // Allow with "*" or "iot:*"
	LintNotAllowed         = "allow-by-exception"   // Allow with NotAction or NotResource
	LintResourceType       = "resource-type"        // the action works on another type of resource
	LintUndefinedVariable  = "undefined-variable"   // AWS IoT has no such variable
	LintUnavailable        = "unavailable-variable" // it never has a value in requests for the action
	LintParenthesis        = "parenthesis-escape"   // $(*) is no escape
	LintDenyMayNotDeny     = "deny-may-not-deny"    // a Deny that falls away where something has no value
	LintForAllValues       = "for-all-values"       // holds where the key is absent
	LintMissingSetOperator = "missing-set-operator" // a key of several values
	LintValue              = "condition-value"      // a value that can never match
	LintUnknownKey         = "unknown-key"          // AWS IoT has no such condition key
	LintSecondValue        = "second-value"         // ".1" is the second value of a certificate's field
	LintDenyMQTTWildcard   = "deny-mqtt-wildcard"   // "+" and "#" in a Deny are plain characters
	LintDenyDefeated       = "deny-defeated"        // a wider subscription brings what was denied
	LintLiteralWildcard    = "literal-wildcard"     // a resource that no topic or filter can be
	LintPermissive         = "permissive"           // access to other devices' resources
	LintClientIDHole       = "client-id-hole"       // a client called "+" subscribes for all
	LintIncomplete         = "incomplete"           // allowed, but of no use without another action
	LintSharedReceive      = "shared-receive"       // one of the two forms of a shared subscription's topic
	LintHead               = "open-head"            // "*" for region and account reads on into names
)

// Lint reports what a document does that its author may not expect, worst first and then
// in the order of the document. The document must be valid; a document that is not has
// [Document.Validate]'s errors, and Lint says what it can.
//
// It looks at one document. Others that are attached with it may allow or deny more.
func Lint(d *Document) []Finding {
	l := &linter{doc: d}
	l.document()
	for i := range d.Statements {
		l.statement(statementPointer(i), &d.Statements[i])
	}
	l.together()
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), comparePointers(a.Pointer, b.Pointer))
	})
	return l.findings
}

// comparePointers orders by statement first.
func comparePointers(a, b string) int {
	return cmp.Or(cmp.Compare(statementOf(a), statementOf(b)), cmp.Compare(a, b))
}

func statementOf(pointer string) int {
	n := -1
	_, _ = fmt.Sscanf(pointer, "/Statement/%d", &n)
	return n
}

type linter struct {
	doc      *Document
	findings []Finding
}

// find adds a finding at an element, or at the next one around it whose place is known.
func (l *linter) find(code string, severity Severity, pointer, message, mend string) *Finding {
	at := l.doc.Position(pointer)
	for p := pointer; at == (Position{}) && p != ""; {
		p, _, _ = cutLast(p)
		at = l.doc.Position(p)
	}
	l.findings = append(l.findings, Finding{Code: code, Severity: severity, Pointer: pointer, Position: at, Message: message, Mend: mend})
	return &l.findings[len(l.findings)-1]
}

// document looks at the whole.
func (l *linter) document() {
	size, visible := l.doc.Size(), l.doc.source.visible
	if visible == 0 {
		visible = size
	}
	switch {
	case visible > MaxSize:
		l.find(LintTooLarge, High, "", fmt.Sprintf("%d characters without white space; AWS IoT takes %d", visible, MaxSize),
			"split it into several policies, or cover resources with wildcards and variables")
	case l.doc.source.chars > MaxSize:
		l.find(LintTooLarge, Low, "", fmt.Sprintf("%d characters with white space; what an authorizer returns may have %d", l.doc.source.chars, MaxSize),
			"return it without white space, as Document.String writes it")
	}
	if l.doc.Version != Version {
		severity := Low
		if l.doc.variables() {
			severity = High
		}
		l.find(LintVersion, severity, "/Version", fmt.Sprintf("the version is %q, in which variables are plain text", l.doc.Version), fmt.Sprintf(`write "Version": %q`, Version))
	}
	sids := map[string]bool{}
	for i, s := range l.doc.Statements {
		if s.Sid != "" && sids[s.Sid] {
			l.find(LintDuplicateSid, Low, statementPointer(i)+"/Sid", fmt.Sprintf("another statement is called %q too", s.Sid), "give each statement a name of its own")
		}
		sids[s.Sid] = true
	}
}

// variables reports whether the text has any.
func (d *Document) variables() bool {
	for _, s := range d.Statements {
		for _, text := range slices.Concat(s.Resource, s.NotResource) {
			if t, err := compileTemplate(text, true, true); err == nil && len(t.parts) > 0 {
				return true
			}
		}
	}
	return false
}

// statement looks at one statement on its own.
func (l *linter) statement(pointer string, s *Statement) {
	l.actions(pointer, s)
	l.types(pointer, s)
	for i, text := range s.Resource {
		l.resource(pointer+"/Resource/"+strconv.Itoa(i), text, s)
	}
	for i, text := range s.NotResource {
		l.resource(pointer+"/NotResource/"+strconv.Itoa(i), text, s)
	}
	for i := range s.Condition {
		l.condition(pointer+"/Condition/"+strconv.Itoa(i), &s.Condition[i], s)
	}
	if s.Effect == EffectAllow && (s.NotAction != nil || s.NotResource != nil) {
		l.find(LintNotAllowed, Medium, pointer, "it allows everything but what it names, also what AWS adds later",
			"name what is allowed in Action and Resource, and deny exceptions in a statement of their own")
	}
}
