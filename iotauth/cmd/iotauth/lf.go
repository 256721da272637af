package main

import (
	"bytes"
	"io"
)

// crlfToLF writes lines as terminals and files have them.
type crlfToLF struct{ w io.Writer }

func (c crlfToLF) Write(b []byte) (int, error) {
	_, err := c.w.Write(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	return len(b), err
}
