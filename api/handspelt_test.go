package api

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/askaround/topic"
)

// spellers are what may hold the text of a topic: what the generator writes.
var spellers = []string{"askaround/topic/", "api/", "firmware/include/askaround_topics.h"}

// TestNoTopicIsSpeltByHand looks for topics in the string literals of the example, of its
// page, and of everything else that is compiled.
func TestNoTopicIsSpeltByHand(t *testing.T) {
	read := map[string]int{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel("..", path)
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case d.IsDir() || isSpeller(name):
			return nil
		}
		extension := filepath.Ext(name)
		if find := literals[extension]; find != nil && examined(name) {
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read[extension]++
			for _, text := range find(source) {
				if c, ok := spelt(text); ok {
					t.Errorf("%s spells a topic of channel %s: %q", name, c, text)
				}
			}
		}
		return nil
	})
	if err != nil || read[".go"] < 50 || read[".ts"] < 10 {
		t.Errorf("read %v: %v", read, err)
	}
}

// examined leaves out tests: they check what goes over the wire.
func examined(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "/test/")
}

func isSpeller(name string) bool {
	for _, prefix := range spellers {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// spelt reports whether text holds what begins the topics of a channel: its first two
// levels, so that a topic put together of pieces is found as well. Of a channel that
// begins with a parameter it is the end, be it alone or behind one; the path of an HTTP
// request begins with a slash.
func spelt(text string) (channel string, ok bool) {
	for c := range topic.Channels() {
		filter := c.Filter().String()
		before, after, _ := strings.Cut(filter, "+")
		found := false
		if before == "" {
			found = text == after || strings.HasSuffix(text, after) && !strings.HasPrefix(text, "/") && !strings.Contains(text, " /")
		} else {
			found = strings.Contains(text, firstLevels(before))
		}
		if found {
			return c.Name(), true
		}
	}
	return "", false
}

// firstLevels are the first two levels.
func firstLevels(name string) string {
	levels := strings.SplitN(name, "/", 3)
	return strings.Join(levels[:2], "/")
}

// literals finds the string literals of a language.
var literals = map[string]func([]byte) []string{
	".go":  goLiterals,
	".ts":  scriptLiterals,
	".mjs": scriptLiterals,
	".h":   cLiterals,
	".cpp": cLiterals,
	".ino": cLiterals,
	".py":  cLiterals,
}

func goLiterals(source []byte) []string {
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(source)), source, nil, 0)
	var list []string
	for {
		switch _, kind, text := s.Scan(); kind {
		case token.EOF:
			return list
		case token.STRING:
			list = append(list, text[1:len(text)-1])
		}
	}
}

var scriptLiteral = regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`[^`]*`")

var cLiteral = regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'")

func scriptLiterals(source []byte) []string { return find(scriptLiteral, source) }

func cLiterals(source []byte) []string { return find(cLiteral, source) }

// find returns what stands between the signs that enclose each literal.
func find(literal *regexp.Regexp, source []byte) []string {
	var list []string
	for _, text := range literal.FindAll(source, -1) {
		list = append(list, string(text[1:len(text)-1]))
	}
	return list
}

func TestSpelt(t *testing.T) {
	for text, want := range map[string]bool{
		topic.System{}.String():                                     true,
		"tell " + topic.System{}.String():                           true,
		topic.Esp32Pub{}.String():                                   true,
		topic.Geo{}.String() + "+":                                  true,
		topic.LegacyRobotAction{}.String():                          true,
		"robots/42" + topic.LegacyRobotAction{}.String():            true,
		firstLevels(topic.System{}.String()) + "/":                  true,
		"POST /robots/{robot}" + topic.LegacyRobotAction{}.String(): false,
		"/robots/{robot}" + topic.LegacyRobotAction{}.String():      false,
		"/mqtt":     false,
		"askaround": false,
		"github.com/askaround/askaround-go/askaround/topic": false,
		"": false,
	} {
		if _, got := spelt(text); got != want {
			t.Errorf("%q is spelt by hand: %t", text, got)
		}
	}
}
