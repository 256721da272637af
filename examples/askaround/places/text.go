package places

import (
	"fmt"
	"unicode/utf8"

	"github.com/askaround/askaround-go/askaround"
)

func checkText(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return fmt.Errorf("%w: neither question nor name", ErrQuestion)
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: not valid UTF-8", ErrQuestion)
	case n > askaround.MaxTextLength:
		return fmt.Errorf("%w: %d characters, more than %d", ErrQuestion, n, askaround.MaxTextLength)
	}
	return nil
}
