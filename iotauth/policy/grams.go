package policy

// gramSizes are the lengths of literals that patterns are found by.
var gramSizes = [...]int{8, 4, 2, 1}

// grams are patterns with wildcards at both ends, found by a piece of the longest literal
// in them: a text that lacks the piece cannot match.
type grams struct {
	bySize [len(gramSizes)]map[uint64][]string
	bare   []string // patterns without any literal
}

func (g *grams) add(pattern string) {
	literal := longestLiteral(pattern)
	for i, size := range gramSizes {
		if len(literal) < size {
			continue
		}
		if g.bySize[i] == nil {
			g.bySize[i] = map[uint64][]string{}
		}
		key := gram(literal[len(literal)-size:])
		g.bySize[i][key] = append(g.bySize[i][key], pattern)
		return
	}
	g.bare = append(g.bare, pattern)
}

func (g *grams) match(text string) bool {
	for _, p := range g.bare {
		if matchPattern(p, text) {
			return true
		}
	}
	for i, size := range gramSizes {
		if g.bySize[i] != nil && matchGrams(g.bySize[i], size, text) {
			return true
		}
	}
	return false
}

func matchGrams(byGram map[uint64][]string, size int, text string) bool {
	for at := 0; at+size <= len(text); at++ {
		for _, p := range byGram[gram(text[at:at+size])] {
			if matchPattern(p, text) {
				return true
			}
		}
	}
	return false
}

// gram packs up to eight bytes.
func gram(s string) uint64 {
	var g uint64
	for i := range len(s) {
		g = g<<8 | uint64(s[i])
	}
	return g
}

// longestLiteral is the longest run without wildcards, of several the last.
func longestLiteral(pattern string) string {
	best, start := "", 0
	for i := 0; i <= len(pattern); i++ {
		if i < len(pattern) && pattern[i] < one {
			continue
		}
		if i-start >= len(best) {
			best = pattern[start:i]
		}
		start = i + 1
	}
	return best
}
