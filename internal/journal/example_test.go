package journal_test

import (
	"context"
	"fmt"
	"os"

	"github.com/askaround/askaround-go/internal/journal"
)

// A greeting is written, waited for, and found again by the next process.
func Example() {
	const greetings journal.Kind = 1
	dir, err := os.MkdirTemp("", "journal")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for range 2 {
		log, err := journal.Open(dir)
		if err != nil {
			panic(err)
		}
		err = log.Replay(map[journal.Kind]func([]byte) error{greetings: func(record []byte) error {
			fmt.Println("found:", string(record))
			return nil
		}})
		if err != nil {
			panic(err)
		}
		lsn := log.Append(greetings, []byte("hello"))
		fmt.Println("on disk:", log.Wait(context.Background(), lsn) == nil)
		log.Close()
	}
	// Output:
	// on disk: true
	// found: hello
	// on disk: true
}
