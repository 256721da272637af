package policy

import "fmt"

// An Effect is what a statement does when it matches. Documents spell it exactly so.
type Effect string

// Effects.
const (
	EffectAllow Effect = "Allow"
	EffectDeny  Effect = "Deny"
)

// A Verdict is the outcome of an evaluation, in the vocabulary of the operation
// TestAuthorization. The zero Verdict is [ImplicitDeny], so that what was never decided
// is denied.
type Verdict uint8

// Verdicts.
const (
	ImplicitDeny Verdict = iota // no statement allows
	ExplicitDeny                // a Deny statement matches, whatever else does
	Allowed                     // an Allow statement matches and no Deny statement does
)

var verdictNames = [...]string{ImplicitDeny: "IMPLICIT_DENY", ExplicitDeny: "EXPLICIT_DENY", Allowed: "ALLOWED"}

// String is the verdict as AWS IoT spells it: ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Allowed reports whether v lets the request pass.
func (v Verdict) Allowed() bool { return v == Allowed }

// MarshalText is [Verdict.String].
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what String writes.
func (v *Verdict) UnmarshalText(text []byte) error {
	for i, name := range verdictNames {
		if string(text) == name {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("policy: %q is no verdict: want ALLOWED, EXPLICIT_DENY or IMPLICIT_DENY", text)
}
