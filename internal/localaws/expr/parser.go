package expr

import (
	"fmt"
	"strconv"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Limits of an expression, from the developer guide, "Service, account, and table
// quotas".
const (
	maxExpression = 4096 // bytes
	maxOperators  = 300  // operators and functions
	maxOperands   = 100  // operands of IN
	maxIndex      = 1<<31 - 1
)

// rank orders the errors that are no errors of syntax. DynamoDB looks for them
// when it has read the whole expression, one rank after the other.
type rank uint8

const (
	rankCount   rank = iota // the number of operators
	rankWord                // functions, reserved words and indexes, as they stand in the source
	rankSection             // sections of an update
	rankTarget              // paths that an update changes
	rankOverlap             // paths that overlap
	rankOperand             // operands
	ranks       = iota
)

// parser is what the grammars of all expressions share. An error of syntax ends
// the parse. Of the others it keeps the first of each rank to the end.
type parser struct {
	lexer
	expression string // the parameter's name
	params     *Params
	previous   token
	tok        token
	operators  int
	update     bool          // the functions are those of updates
	nameRank   rank          // of an alias that is not defined
	kept       [ranks]string // the first error of each rank
	wordPos    int           // where that of rankWord stands in the source

	operandPaths []Path // the paths that are operands, in order of appearance

	steps    room[Step] // of paths
	operands room[operand]
	conds    room[cond]
	kids     room[*cond]
}

func newParser(expression, src string, params *Params) *parser {
	return &parser{lexer: lexer{src: src}, expression: expression, params: params, nameRank: rankOperand}
}

// start checks the size of the source and reads the first token.
func (p *parser) start() error {
	switch {
	case p.src == "":
		return p.invalid("The expression can not be empty;")
	case len(p.src) > maxExpression:
		return p.invalid("Expression size has exceeded the maximum allowed size;" + p.sizeSuffix())
	}
	p.tok = p.lexer.next()
	return nil
}

// sizeSuffix returns the size of the source where AWS tells it: for what has the
// grammar of a condition.
func (p *parser) sizeSuffix() string {
	if p.expression == "UpdateExpression" || p.expression == "ProjectionExpression" {
		return ""
	}
	return " expression size: " + strconv.Itoa(len(p.src))
}

// next moves on to the next token.
func (p *parser) next() {
	p.previous, p.tok = p.tok, p.lexer.next()
}

// text returns the present token as it stands in the source.
func (p *parser) text() string { return p.src[p.tok.start:p.tok.end] }

// expect moves on behind the present token, which must be of kind k.
func (p *parser) expect(k kind) error {
	if p.tok.kind != k {
		return p.syntaxError()
	}
	p.next()
	return nil
}

// end reports a token behind the expression, or else the first kept error.
func (p *parser) end() error {
	if p.tok.kind != kindEOF {
		return p.syntaxError()
	}
	for _, msg := range p.kept {
		if msg != "" {
			return p.invalid(msg)
		}
	}
	return nil
}

func (p *parser) invalid(msg string) error {
	return attr.Invalidf("Invalid %s: %s", p.expression, msg)
}

// syntaxError says that the present token may not stand where it stands. It is
// shown with its neighbours.
func (p *parser) syntaxError() error {
	shown, end := "<EOF>", len(p.src)
	if p.tok.kind != kindEOF {
		shown = p.text()
		if after := p.lexer.next(); after.kind != kindEOF {
			end = after.end
		}
	}
	return p.invalid(fmt.Sprintf(`Syntax error; token: "%s", near: "%s"`, shown, p.src[p.previous.start:end]))
}

// fail keeps an error, unless one of its rank is there already.
func (p *parser) fail(r rank, format string, args ...any) {
	if p.kept[r] == "" {
		p.kept[r] = fmt.Sprintf(format, args...)
	}
}

// failWord keeps an error in the function, reserved word or index at pos. That which
// stands first in the source counts, not that which is found first.
func (p *parser) failWord(pos int, format string, args ...any) {
	if p.kept[rankWord] == "" || pos < p.wordPos {
		p.kept[rankWord], p.wordPos = fmt.Sprintf(format, args...), pos
	}
}

// operator counts an operator or function.
func (p *parser) operator() {
	if p.operators++; p.operators > maxOperators {
		p.fail(rankCount, "The expression contains too many operators; operator count: %d", p.operators)
	}
}

// closeParenthesis reads the parenthesis behind an operand or condition, which
// may not stand in parentheses of its own already. Of all errors that are no
// errors of syntax, this one alone counts as soon as it is seen.
func (p *parser) closeParenthesis(again bool) error {
	if again && p.tok.kind == kindClose {
		return p.invalid("The expression has redundant parentheses;")
	}
	return p.expect(kindClose)
}

// path reads a document path.
func (p *parser) path() (Path, error) {
	if p.tok.kind != kindName && p.tok.kind != kindAlias {
		return nil, p.syntaxError()
	}
	name := p.tok
	p.next()
	return p.pathFrom(name)
}

// pathFrom reads the rest of the path that begins with the token name.
func (p *parser) pathFrom(name token) (Path, error) {
	var short [4]Step
	path := append(short[:0], p.nameOf(name))
	for {
		step, err := Step{}, error(nil)
		switch p.tok.kind {
		case kindDot:
			step, err = p.dotted()
		case kindOpenIndex:
			step, err = p.index()
		default:
			if len(path) > attr.MaxNesting {
				p.fail(p.nameRank, "The document path has too many nesting levels; nesting levels: %d", len(path))
			}
			return p.steps.keep(path...), nil
		}
		if err != nil {
			return nil, err
		}
		path = append(path, step)
	}
}

// dotted reads a dot and a name. DynamoDB's grammar has ":value" here as well,
// which then is no name that is defined.
func (p *parser) dotted() (Step, error) {
	p.next()
	if k := p.tok.kind; k != kindName && k != kindAlias && k != kindValue {
		return Step{}, p.syntaxError()
	}
	step := p.nameOf(p.tok)
	p.next()
	return step, nil
}

// index reads a list index in its brackets.
func (p *parser) index() (Step, error) {
	p.next()
	if p.tok.kind != kindIndex {
		return Step{}, p.syntaxError()
	}
	text := p.text()
	i, err := strconv.Atoi(text)
	if err != nil || i > maxIndex {
		p.failWord(p.tok.start, "List index is not within the allowable range; index: [%s]", text)
		i = 0
	}
	p.next()
	return Step{Index: i}, p.expect(kindCloseIndex)
}

// nameOf returns the step of a name or alias.
func (p *parser) nameOf(t token) Step {
	text := p.src[t.start:t.end]
	if t.kind == kindName {
		if isReserved(text) {
			p.failWord(t.start, "Attribute name is a reserved keyword; reserved keyword: %s", text)
		}
		return nameStep(text)
	}
	name, ok := p.params.name(text)
	if !ok {
		p.fail(p.nameRank, "An expression attribute name used in the document path is not defined; attribute name: %s", text)
	}
	return nameStep(name)
}

// placeholder returns the value of the present token, a kindValue, and moves on.
func (p *parser) placeholder() operand {
	v := p.params.value(p.text())
	if v == nil {
		p.fail(rankOperand, "An expression attribute value used in expression is not defined; attribute value: %s", p.text())
		v = new(attr.Value)
	}
	p.next()
	return operand{value: v}
}
