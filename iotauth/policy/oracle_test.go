package policy

import (
	"encoding/base64"
	"math/big"
	"net"
	"strings"
	"time"
)

// The oracle is a second evaluator: it reads documents as they are, in the order of the
// documented rules, without compiling or caching anything. It shares no code with the
// package but the types of documents and requests, and the registry of keys.

// oracleDoc is a document with what it is attached to.
type oracleDoc struct {
	*Document
	group bool
}

func oracle(docs []oracleDoc, r Request) Verdict {
	ctx := map[string][]string{}
	for k, v := range r.Context {
		if len(v) > 0 {
			ctx[oracleKey(k)] = v
		}
	}
	allowed := false
	for _, d := range docs {
		if d.group && !oracleGroup(ctx) {
			continue
		}
		for _, s := range d.Statements {
			if !oracleStatement(d.Document, s, r, ctx) {
				continue
			}
			if s.Effect == EffectDeny {
				return ExplicitDeny
			}
			allowed = true
		}
	}
	if allowed {
		return Allowed
	}
	return ImplicitDeny
}

func oracleKey(k string) string {
	i := strings.Index(k, "[")
	if i < 0 {
		i = len(k)
	}
	return strings.ToLower(k[:i]) + k[i:]
}

func oracleGroup(ctx map[string][]string) bool {
	client, thing := ctx["iot:clientid"], ctx["iot:connection.thing.thingname"]
	return len(client) == 1 && len(thing) == 1 && client[0] == thing[0]
}

func oracleStatement(d *Document, s Statement, r Request, ctx map[string][]string) bool {
	hit := false
	for _, a := range append(append([]Action{}, s.Action...), s.NotAction...) {
		tokens, _ := oracleTokens(strings.ToLower(string(a)), true, false, nil)
		hit = hit || oracleGlob(tokens, []rune(strings.ToLower(string(r.Action))))
	}
	if hit == (s.NotAction != nil) {
		return false
	}
	variables := d.Version == "2012-10-17"
	hit = false
	for _, text := range append(append([]string{}, s.Resource...), s.NotResource...) {
		tokens, ok := oracleTokens(text, true, variables, ctx)
		if !ok && s.NotResource != nil {
			return false
		}
		hit = hit || ok && oracleGlob(tokens, []rune(r.Resource))
	}
	if hit == (s.NotResource != nil) {
		return false
	}
	for _, c := range s.Condition {
		if !oracleCondition(c, variables, ctx) {
			return false
		}
	}
	return true
}

// A token is a character, or a wildcard as a negative number.
const (
	anyRun rune = -1
	anyOne rune = -2
)

func oracleTokens(text string, wild, variables bool, ctx map[string][]string) ([]rune, bool) {
	var out []rune
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		switch {
		case variables && runes[i] == '$' && i+1 < len(runes) && runes[i+1] == '{':
			end := i
			for runes[end] != '}' {
				end++
			}
			name := string(runes[i+2 : end])
			i = end
			if name == "*" || name == "?" || name == "$" {
				out = append(out, []rune(name)...)
				continue
			}
			value := ctx[oracleKey(name)]
			if len(value) != 1 {
				return nil, false
			}
			out = append(out, []rune(value[0])...)
		case wild && runes[i] == '*':
			out = append(out, anyRun)
		case wild && runes[i] == '?':
			out = append(out, anyOne)
		default:
			out = append(out, runes[i])
		}
	}
	return out, true
}

// oracleGlob fills a table: which prefixes of the pattern match which prefixes of the text.
func oracleGlob(pattern, text []rune) bool {
	row := make([]bool, len(text)+1)
	row[0] = true
	for _, p := range pattern {
		next := make([]bool, len(text)+1)
		for j := range next {
			switch {
			case p == anyRun:
				next[j] = row[j] || j > 0 && next[j-1]
			case j > 0 && (p == anyOne || p == text[j-1]):
				next[j] = row[j-1]
			}
		}
		row = next
	}
	return row[len(text)]
}

func oracleCondition(c Condition, variables bool, ctx map[string][]string) bool {
	operator := c.Operator
	quantifier, name, isSet := strings.Cut(operator, ":")
	if !isSet {
		quantifier, name = "", operator
	}
	got := ctx[oracleKey(c.Key)]
	if name == "Null" {
		want := "false"
		if len(got) == 0 {
			want = "true"
		}
		for _, v := range c.Values {
			if strings.EqualFold(v, want) {
				return true
			}
		}
		return false
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	negated := strings.Contains(name, "Not")
	name = strings.Replace(name, "Not", "", 1)
	accepts := func(value string) bool {
		for _, want := range c.Values {
			match, known := oracleCompare(name, value, want, variables, ctx)
			if negated && (match || !known) {
				return false
			}
			if !negated && match {
				return true
			}
		}
		return negated
	}
	if len(got) == 0 {
		if ifExists || quantifier == "ForAllValues" {
			return true
		}
		known := true
		for _, want := range c.Values {
			_, ok := oracleCompare(name, "", want, variables, ctx)
			known = known && ok
		}
		return negated && quantifier == "" && known
	}
	count := 0
	for _, value := range got {
		if accepts(value) {
			count++
		}
	}
	switch {
	case quantifier == "ForAllValues":
		return count == len(got) || len(got) == 1 && got[0] == ""
	case quantifier == "ForAnyValue", !negated:
		return count > 0
	}
	return count == len(got)
}

func oracleCompare(name, got, want string, variables bool, ctx map[string][]string) (match, known bool) {
	switch {
	case strings.HasPrefix(name, "Numeric"):
		w, ok := new(big.Rat).SetString(want)
		if !ok || strings.ContainsAny(want, "eE/_xp") {
			return false, false
		}
		g, ok := new(big.Rat).SetString(got)
		return ok && oracleOrder(name, g.Cmp(w)), true
	case strings.HasPrefix(name, "Date"):
		w, ok := oracleDate(want)
		if !ok {
			return false, false
		}
		g, ok := oracleDate(got)
		return ok && oracleOrder(name, int(g.Sub(w)/time.Second)), true
	case name == "Bool":
		w := strings.ToLower(want)
		return strings.ToLower(got) == w && (w == "true" || w == "false"), w == "true" || w == "false"
	case name == "BinaryEquals":
		w, err := base64.StdEncoding.DecodeString(want)
		g, err2 := base64.StdEncoding.DecodeString(got)
		return err == nil && err2 == nil && string(g) == string(w), err == nil
	case name == "IpAddress":
		if !strings.Contains(want, "/") {
			if ip := net.ParseIP(want); ip == nil {
				return false, false
			} else {
				return ip.Equal(net.ParseIP(got)), true
			}
		}
		_, network, err := net.ParseCIDR(want)
		if err != nil {
			return false, false
		}
		ip := net.ParseIP(got)
		return ip != nil && network.Contains(ip), true
	}
	wild := name == "StringLike" || strings.HasPrefix(name, "Arn")
	tokens, ok := oracleTokens(want, wild, variables, ctx)
	if !ok {
		return false, false
	}
	switch {
	case name == "StringEqualsIgnoreCase":
		return strings.EqualFold(string(tokens), got), true
	case strings.HasPrefix(name, "Arn"):
		return oracleARN(tokens, []rune(got)), true
	}
	return oracleGlob(tokens, []rune(got)), true
}

func oracleARN(pattern, text []rune) bool {
	ps, ts := splitColons(pattern), splitColons(text)
	if len(ps) < 6 || len(ts) < 6 {
		return false
	}
	for i := range 6 {
		if !oracleGlob(ps[i], ts[i]) {
			return false
		}
	}
	return true
}

// splitColons cuts at the first five colons.
func splitColons(text []rune) [][]rune {
	out := [][]rune{nil}
	for _, r := range text {
		if r == ':' && len(out) < 6 {
			out = append(out, nil)
		} else {
			out[len(out)-1] = append(out[len(out)-1], r)
		}
	}
	return out
}

func oracleOrder(name string, sign int) bool {
	switch {
	case strings.HasSuffix(name, "LessThan"):
		return sign < 0
	case strings.HasSuffix(name, "LessThanEquals"):
		return sign <= 0
	case strings.HasSuffix(name, "GreaterThan"):
		return sign > 0
	case strings.HasSuffix(name, "GreaterThanEquals"):
		return sign >= 0
	}
	return sign == 0
}

func oracleDate(text string) (time.Time, bool) {
	if n, ok := new(big.Int).SetString(text, 10); ok && len(text) != 4 {
		return time.Unix(n.Int64(), 0), true
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
