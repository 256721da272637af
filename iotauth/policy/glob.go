package policy

import (
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
	states := []int{0}
	for t := 0; t < len(prefix); {
		n := runeLen(prefix[t:])
		states = advance(pattern, states, prefix[t:t+n])
		if len(states) == 0 {
			return nil
		}
		t += n
	}
	// What an earlier star leaves is covered by what the last star leaves.
	from := 0
	for i, s := range states {
		if s < len(pattern) && pattern[s] == star {
			from = i
		}
	}
	var out []string
	for _, s := range states[from:] {
		out = append(out, pattern[s:])
	}
	return out
}

// advance moves every position of a pattern over one character. Positions are ascending;
// one on a star stays there.
func advance(pattern string, states []int, char string) []int {
	var next []int
	add := func(s int) {
		for ; ; s++ { // a star may also stand for nothing
			if i, known := find(next, s); !known {
				next = append(next[:i], append([]int{s}, next[i:]...)...)
			}
			if s >= len(pattern) || pattern[s] != star {
				return
			}
		}
	}
	for _, s := range closure(pattern, states) {
		switch {
		case s >= len(pattern):
		case pattern[s] == star:
			add(s)
		case pattern[s] == one:
			add(s + 1)
		case strings.HasPrefix(pattern[s:], char):
			add(s + len(char))
		}
	}
	return next
}

// closure adds the positions behind stars.
func closure(pattern string, states []int) []int {
	out := append([]int(nil), states...)
	for i := 0; i < len(out); i++ {
		if s := out[i]; s < len(pattern) && pattern[s] == star {
			if j, known := find(out, s+1); !known {
				out = append(out[:j], append([]int{s + 1}, out[j:]...)...)
			}
		}
	}
	return out
}

// find returns where s is, or belongs, in an ascending list.
func find(list []int, s int) (int, bool) {
	for i, x := range list {
		if x >= s {
			return i, x == s
		}
	}
	return len(list), false
}
