//go:build !aws

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "record: built without the tag aws; see go doc")
	os.Exit(2)
}
