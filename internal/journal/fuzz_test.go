package journal

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
)

func readAll(data []byte) (records []record, end int64, err error) {
	r := &reader{r: bufio.NewReader(bytes.NewReader(data)), size: int64(len(data)), batch: 1}
	for {
		rec, err := r.next()
		if err != nil {
			return records, r.offset, err
		}
		records = append(records, rec)
	}
}

// FuzzReader: any bytes give records or an error, never a panic; what is read encodes
// to the same bytes; and records written before the bytes are read in any case.
func FuzzReader(f *testing.F) {
	one := appendRecord(nil, 3, []byte("seed"))
	seal(one, 1)
	two := appendRecord(appendRecord(nil, 1, nil), 255, bytes.Repeat([]byte{0xff}, 40))
	seal(two, 2)
	f.Add([]byte{})
	f.Add(one)
	f.Add(append(bytes.Clone(one), two...))
	f.Add(two[:len(two)-1])
	f.Add(bytes.Repeat([]byte{0}, 64))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, end, err := readAll(data)
		if !errors.Is(err, io.EOF) && !errors.Is(err, errBad) {
			t.Fatalf("ended with %v", err)
		}
		var again, batch []byte
		for _, r := range records {
			if batch = appendRecord(batch, r.kind, r.body); r.end {
				seal(batch, r.batch)
				again, batch = append(again, batch...), nil
			}
		}
		if !bytes.Equal(again, data[:end][:len(again)]) {
			t.Fatalf("%x encodes again to %x", data[:end], again)
		}
		if laterBatch(data, 1<<50) {
			t.Fatal("a batch out of nowhere")
		}
		known := appendRecord(nil, 9, data)
		seal(known, 1)
		records, _, _ = readAll(append(known, data...))
		if len(records) == 0 || !bytes.Equal(records[0].body, data) {
			t.Fatal("a record is lost to what follows it")
		}
	})
}
