package policy

// gramSizes are the lengths of literals that patterns are found by.
var gramSizes = [...]int{8, 4, 2, 1}

// grams are patterns with wildcards at both ends, found by a piece of the longest literal
// in them: a text that lacks the piece cannot match.
type grams struct {
	bySize [len(gramSizes)]*gramTable
	bare   []string // patterns without any literal
}

// A gramTable holds patterns by their piece. The filter has a bit for the hash of each, so
// that most places of a text cost no look-up.
type gramTable struct {
	filter   [64]uint64
	patterns map[uint64][]string
}

func (g *grams) add(pattern string) {
	literal := longestLiteral(pattern)
	for i, size := range gramSizes {
		if len(literal) < size {
			continue
		}
		if g.bySize[i] == nil {
			g.bySize[i] = &gramTable{patterns: map[uint64][]string{}}
		}
		key := gram(literal[len(literal)-size:])
		word, bit := hashGram(key)
		g.bySize[i].filter[word] |= bit
		g.bySize[i].patterns[key] = append(g.bySize[i].patterns[key], pattern)
		return
	}
	g.bare = append(g.bare, pattern)
}

// hashGram names one of 4,096 bits.
func hashGram(key uint64) (word, bit uint64) {
	hash := key * 0x9E3779B97F4A7C15 >> 52 // Fibonacci hashing
	return hash >> 6, 1 << (hash & 63)
}

func (g *grams) match(text string) bool {
	for _, p := range g.bare {
		if matchPattern(p, text) {
			return true
		}
	}
	for i, size := range gramSizes {
		if g.bySize[i] != nil && g.bySize[i].match(size, text) {
			return true
		}
	}
	return false
}

func (t *gramTable) match(size int, text string) bool {
	if len(text) < size {
		return false
	}
	mask := ^uint64(0) >> (64 - 8*size)
	key := gram(text[:size-1])
	for at := size - 1; at < len(text); at++ {
		key = (key<<8 | uint64(text[at])) & mask
		if word, bit := hashGram(key); t.filter[word]&bit == 0 {
			continue
		}
		for _, p := range t.patterns[key] {
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
