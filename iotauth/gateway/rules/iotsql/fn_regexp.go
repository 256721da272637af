package iotsql

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// regexpFunctions match by RE2, whose time is linear in the string. AWS IoT has Java's
// expressions: a literal one that RE2 has not, such as a look-ahead, is refused at Parse.
var regexpFunctions = []function{
	{name: "regexp_matches", least: 2, most: 2, prepare: literalPattern, call: ofPattern(func(_ *env, p *pattern, s []string) Value {
		return boolean(p.MatchString(s[0]))
	})},
	{name: "regexp_replace", least: 3, most: 3, prepare: literalPattern, call: ofPattern(regexpReplace)},
	{name: "regexp_substr", least: 2, most: 2, prepare: literalPattern, call: ofPattern(func(_ *env, p *pattern, s []string) Value {
		at := p.FindStringIndex(s[0])
		if at == nil {
			return undefined
		}
		return str(s[0][at[0]:at[1]])
	})},
}

// Bounds of an expression: its text, and the instructions that it compiles to.
const (
	maxPattern      = 1024
	maxInstructions = 4096
)

type pattern struct {
	*regexp.Regexp
	instructions int
}

func compilePattern(text string) (*pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("the expression has more than %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if len(program.Inst) > maxInstructions {
		return nil, fmt.Errorf("the expression repeats too much")
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &pattern{compiled, len(program.Inst)}, nil
}

// literalPattern compiles the second argument, if it is a literal.
func literalPattern(args []node) (any, error) {
	if len(args) < 2 {
		return nil, nil
	}
	l, ok := args[1].(literal)
	if !ok || l.value.kind != String {
		return nil, nil
	}
	return compilePattern(l.value.text)
}

// ofPattern is a function whose second argument is an expression.
func ofPattern(f func(*env, *pattern, []string) Value) func(*env, *call, []Value) Value {
	return func(e *env, c *call, args []Value) Value {
		texts, ok := e.texts(args)
		if !ok {
			return undefined
		}
		p, prepared := c.prepared.(*pattern)
		if !prepared {
			if !e.spend(1000 * len(texts[1])) {
				return undefined
			}
			var err error
			if p, err = compilePattern(texts[1]); err != nil {
				return undefined
			}
		}
		// At each byte the machine may be at each instruction.
		if !e.spend(len(texts[0]) * (1 + p.instructions/4)) {
			return undefined
		}
		return f(e, p, texts)
	}
}

func regexpReplace(e *env, p *pattern, s []string) Value {
	var b strings.Builder
	done := 0
	for _, at := range p.FindAllStringSubmatchIndex(s[0], -1) {
		b.WriteString(s[0][done:at[0]])
		if !appendReplacement(&b, p, s[2], s[0], at) || !e.spend(len(s[2])) {
			e.makes(b.Len()) // where that is the reason
			return undefined
		}
		done = at[1]
	}
	b.WriteString(s[0][done:])
	if !e.makes(b.Len()) {
		return undefined
	}
	return str(b.String())
}

// appendReplacement writes a replacement as Java has it: $1 or ${name} is a group, of
// digits as many as there are groups, and a backslash takes the next character as it is.
// It reports false for one that is not valid or makes more than MaxResult.
func appendReplacement(b *strings.Builder, p *pattern, replacement, s string, at []int) bool {
	for i := 0; i < len(replacement); i++ {
		switch c := replacement[i]; c {
		default:
			b.WriteByte(c)
		case '\\':
			if i++; i == len(replacement) {
				return false
			}
			b.WriteByte(replacement[i])
		case '$':
			group, length := groupReference(p, replacement[i+1:])
			if group < 0 {
				return false
			}
			if at[2*group] >= 0 {
				b.WriteString(s[at[2*group]:at[2*group+1]])
			}
			i += length
		}
		if b.Len() > MaxResult {
			return false
		}
	}
	return true
}

// groupReference reads what stands behind a $, and its length; -1 is none.
func groupReference(p *pattern, s string) (group, length int) {
	if strings.HasPrefix(s, "{") {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return -1, 0
		}
		return p.SubexpIndex(s[1:end]), end + 1
	}
	group = -1
	for length < digits(s) {
		n, err := strconv.Atoi(s[:length+1])
		if err != nil || n > p.NumSubexp() {
			break
		}
		group, length = n, length+1
	}
	return group, length
}
