package topic

import (
	"fmt"
	"strings"
)

// A Topic is one of [Geo], [Question], [Account] and [System].
type Topic interface {
	// String is the topic's name as PUBLISH carries it.
	String() string
	// Filter is the filter that matches this topic and nothing else.
	Filter() Filter

	sealed()
}

// Geo is the topic of one S2 cell of [CellLevel]: new questions appear on it.
// The zero value names no cell; use [NewGeo].
type Geo struct{ cell string }

// NewGeo returns the topic of the cell with the S2 token cell: six lower-case hex
// digits. Other tokens are an [ErrParameter].
func NewGeo(cell string) (Geo, error) {
	if !validCell(cell) {
		return Geo{}, fmt.Errorf("%w: %q is not the token of an S2 cell of level %d", ErrParameter, cell, CellLevel)
	}
	return Geo{strings.Clone(cell)}, nil
}

// Cell returns the S2 token.
func (t Geo) Cell() string { return t.cell }

func (t Geo) String() string { return geoPrefix + t.cell }

// Filter implements [Topic].
func (t Geo) Filter() Filter { return Filter{levels: t.String()} }

// Question is the topic of one question: its summaries and heat appear on it.
// The zero value names no question; use [NewQuestion].
type Question struct{ id string }

// NewQuestion returns the topic of the question id: 16 hex digits of an S2 leaf
// cell, a hyphen, 26 characters of base 32. Other ids are an [ErrParameter].
func NewQuestion(id string) (Question, error) {
	if !validQuestion(id) {
		return Question{}, fmt.Errorf("%w: %q is not a question id", ErrParameter, id)
	}
	return Question{strings.Clone(id)}, nil
}

// ID returns the question's id.
func (t Question) ID() string { return t.id }

func (t Question) String() string { return questionPrefix + t.id }

// Filter implements [Topic].
func (t Question) Filter() Filter { return Filter{levels: t.String()} }

// Account is the topic of one account: what became of its requests.
// The zero value names no account; use [NewAccount].
type Account struct{ id string }

// NewAccount returns the topic of the account id: 26 characters of base 32
// (digits and a to v). Other ids are an [ErrParameter].
func NewAccount(id string) (Account, error) {
	if !validAccount(id) {
		return Account{}, fmt.Errorf("%w: not an account id", ErrParameter)
	}
	return Account{strings.Clone(id)}, nil
}

// ID returns the account's id.
func (t Account) ID() string { return t.id }

func (t Account) String() string { return accountPrefix + t.id }

// Filter implements [Topic].
func (t Account) Filter() Filter { return Filter{levels: t.String()} }

// System is the topic that everybody may read.
type System struct{}

func (System) String() string { return systemName }

// Filter implements [Topic].
func (t System) Filter() Filter { return Filter{levels: t.String()} }

func (Geo) sealed()      {}
func (Question) sealed() {}
func (Account) sealed()  {}
func (System) sealed()   {}
