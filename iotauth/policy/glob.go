package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// matchPattern reports whether pattern covers all of text. It is iterative: behind the
// last star it moves the text on, so that its time is bounded by the product of lengths.
func matchPattern(pattern, text string) bool {
	p, t := 0, 0
	backP, backT := -1, 0
	for t < len(text) {
		if p < len(pattern) {
			switch c := pattern[p]; c {
			case star:
				if p++; p == len(pattern) {
					return true
				}
				backP, backT = p, t
				continue
			case one:
				p++
				t += runeLen(text[t:])
				continue
			default:
				if c == text[t] {
					p++
					t++
					continue
				}
			}
		}
		if backP < 0 {
			return false
		}
		// The star takes one character more, and as many as it needs to reach what follows.
		backT += runeLen(text[backT:])
		if c := pattern[backP]; c < one {
			i := strings.IndexByte(text[backT:], c)
			if i < 0 {
				return false
			}
			backT += i
		}
		p, t = backP, backT
	}
	for p < len(pattern) && pattern[p] == star {
		p++
	}
	return p == len(pattern)
}

// runeLen is the length of the first character; a byte that is no UTF-8 counts as one.
func runeLen(text string) int {
	if text[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(text)
	return n
}

// firstWild is the index of the first wildcard, or the length.
func firstWild(pattern string) int {
	for i := 0; i < len(pattern); i++ {
		if pattern[i] >= one {
			return i
		}
	}
	return len(pattern)
}

// lastWild is the index of the last wildcard, or -1.
func lastWild(pattern string) int {
	for i := len(pattern) - 1; i >= 0; i-- {
		if pattern[i] >= one {
			return i
		}
	}
	return -1
}

// residuals are the patterns that the rest of a text must match, one of them, once prefix
// has been read: pattern matches prefix+rest exactly when a residual matches rest.
func residuals(pattern, prefix string) []string {
	if n := min(firstWild(pattern), len(prefix)); pattern[:n] != prefix[:n] {
		return nil
	} else if n == len(prefix) {
		return []string{pattern[n:]}
	}
	at := start(pattern)
	for rest := prefix; rest != ""; {
		n := runeLen(rest)
		if !at.read(rest[:n]) {
			return nil
		}
		rest = rest[n:]
	}
	return at.rests()
}

// positions are the places in a pattern that are reached once some text has been read.
type positions struct {
	pattern   string
	now, next []bool // by index; len(pattern) is the end
}

func start(pattern string) *positions {
	at := &positions{pattern, make([]bool, len(pattern)+1), make([]bool, len(pattern)+1)}
	at.now[0] = true
	at.skipStars(at.now)
	return at
}

// skipStars adds the places behind stars: a star may stand for nothing.
func (at *positions) skipStars(reached []bool) {
	for i := range len(at.pattern) {
		if reached[i] && at.pattern[i] == star {
			reached[i+1] = true
		}
	}
}

// read moves on by one character, and reports whether any place is left.
func (at *positions) read(char string) bool {
	clear(at.next)
	for i := range len(at.pattern) {
		switch c := at.pattern[i]; {
		case !at.now[i]:
		case c == star:
			at.next[i] = true
		case c == one:
			at.next[i+1] = true
		case strings.HasPrefix(at.pattern[i:], char):
			at.next[i+len(char)] = true
		}
	}
	at.skipStars(at.next)
	at.now, at.next = at.next, at.now
	return slices.Contains(at.now, true)
}

// rests are the patterns that are left, in the order of their places. What a star leaves
// covers what places before it leave, and the place behind it.
func (at *positions) rests() []string {
	var out []string
	for i, reached := range at.now {
		if !reached || i > 0 && at.pattern[i-1] == star && at.now[i-1] {
			continue
		}
		if i < len(at.pattern) && at.pattern[i] == star {
			out = out[:0]
		}
		out = append(out, at.pattern[i:])
	}
	return out
}
