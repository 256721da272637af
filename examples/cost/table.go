package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is a title and rows, the first column left and the others right-aligned.
type table struct {
	title string
	rows  [][]string
}

func (t *table) row(name string, columns ...any) {
	row := []string{name}
	for _, c := range columns {
		row = append(row, fmt.Sprint(c))
	}
	t.rows = append(t.rows, row)
}

func (t *table) write(out io.Writer) error {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	b.WriteString(t.title + "\n")
	for _, row := range t.rows {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i > 0:
				b.WriteString("  " + space + cell)
			case len(row) > 1:
				b.WriteString("  " + cell + space)
			default:
				b.WriteString("  " + cell)
			}
		}
		b.WriteString("\n")
	}
	_, err := fmt.Fprintln(out, b.String())
	return err
}

// count writes a number with its thousands set apart.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
