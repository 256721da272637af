package expr

import (
	"strings"
	"testing"
)

func TestReservedWords(t *testing.T) {
	words := strings.Fields(reservedWords)
	if len(words) != 573 || len(reserved) != 573 {
		t.Errorf("%d words, %d different", len(words), len(reserved))
	}
	for _, word := range words {
		if !isReserved(word) || !isReserved(strings.ToLower(word)) || !isReserved(word[:1]+strings.ToLower(word[1:])) {
			t.Errorf("%s is not reserved in every case", word)
		}
		if isReserved(word + "_") {
			t.Errorf("%s_ is reserved", word)
		}
	}
	for _, name := range []string{"", "pk", "id", "answers", "STATU", "localtimestamps", strings.Repeat("a", 300)} {
		if isReserved(name) {
			t.Errorf("%q is reserved", name)
		}
	}
}

// TestReservedWordsInExpressions refuses each word in every expression: as a
// reserved word, or as a keyword of the grammar.
func TestReservedWordsInExpressions(t *testing.T) {
	for _, word := range strings.Fields(reservedWords) {
		p := &Params{}
		for _, err := range []error{
			second(ParseCondition("ConditionExpression", "attribute_exists("+word+")", p)),
			second(ParseProjection(word, p)),
			second(ParseProjection("a."+strings.ToLower(word), p)),
			second(ParseUpdate("REMOVE "+word, p)),
		} {
			if err == nil || !strings.Contains(err.Error(), "Attribute name is a reserved keyword; reserved keyword: "+strings.ToLower(word)) &&
				!strings.Contains(err.Error(), "reserved keyword: "+word) && wordKind(word) == kindName {
				t.Errorf("%s: %v", word, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }
