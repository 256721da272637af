package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// MaxRecord is the longest record, in bytes. A DynamoDB transaction changes up to 100
// items and 4 MB; the rest is room for several engines' batches.
const MaxRecord = 64 << 20

const (
	version    = 1
	magic      = "askajrnl"
	headerSize = 32
	frameSize  = 18
	flagEnd    = 1 // the last record of its batch
	kindSeal   = 0 // the last record of a snapshot
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header begins each file.
type header struct {
	number uint64 // of the segment, or of the first segment that the snapshot leaves
	batch  uint64 // of the first record
}

func (h header) encode() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, h.number)
	b = binary.LittleEndian.AppendUint64(b, h.batch)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

var (
	errBad  = errors.New("bad record")
	errTorn = errors.New("incomplete header")
)

// readHeader returns errTorn for a file whose creation a crash interrupted.
func readHeader(r io.Reader, path string) (header, error) {
	b := make([]byte, headerSize)
	if _, err := io.ReadFull(r, b); err == io.EOF || err == io.ErrUnexpectedEOF {
		return header{}, errTorn
	} else if err != nil {
		return header{}, err
	}
	if [headerSize]byte(b) == [headerSize]byte{} {
		return header{}, errTorn // its length reached the disk before its content
	}
	if string(b[:8]) != magic {
		return header{}, &CorruptError{Path: path, Reason: "not a journal"}
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v > version {
		return header{}, &VersionError{Path: path, Version: v}
	}
	if crc32.Checksum(b[:28], castagnoli) != binary.LittleEndian.Uint32(b[28:]) {
		return header{}, &CorruptError{Path: path, Reason: "the header's checksum is wrong"}
	}
	return header{binary.LittleEndian.Uint64(b[12:]), binary.LittleEndian.Uint64(b[20:])}, nil
}

// appendRecord adds a record that seal completes.
func appendRecord(dst []byte, kind Kind, body []byte) []byte {
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(body)))
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0, byte(kind), 0)
	return append(dst, body...)
}

// seal writes batch number, end flag and checksums into the records of buf.
func seal(buf []byte, batch uint64) {
	for len(buf) > 0 {
		size := frameSize + int(binary.LittleEndian.Uint32(buf[4:]))
		record := buf[:size]
		buf = buf[size:]
		binary.LittleEndian.PutUint64(record[8:], batch)
		if len(buf) == 0 {
			record[17] = flagEnd
		}
		binary.LittleEndian.PutUint32(record, crc32.Checksum(record[4:], castagnoli))
	}
}

// record is one record as read. The body is the reader's to give away.
type record struct {
	kind  Kind
	batch uint64
	end   bool
	body  []byte
}

// frame is the fixed part of a record. ok says that it can be one, before the checksum.
func parseFrame(b []byte, rest int64) (r record, length int, ok bool) {
	length = int(binary.LittleEndian.Uint32(b[4:]))
	r = record{kind: Kind(b[16]), batch: binary.LittleEndian.Uint64(b[8:]), end: b[17]&flagEnd != 0}
	return r, length, length <= MaxRecord && int64(length) <= rest && b[17] <= flagEnd && r.batch > 0
}

// reader reads the records of a file behind its header, and checks that their batches
// follow one another.
type reader struct {
	r      *bufio.Reader
	offset int64 // of the next record
	size   int64 // of the file
	batch  uint64
}

// next returns io.EOF at the end, which is only clean between two batches, an error
// that wraps errBad where no record stands, and other errors as the file gave them.
func (r *reader) next() (record, error) {
	if r.offset == r.size {
		return record{}, io.EOF
	}
	var frame [frameSize]byte
	rest := r.size - r.offset - frameSize
	if rest < 0 {
		return record{}, fmt.Errorf("%w: %d bytes", errBad, r.size-r.offset)
	}
	if _, err := io.ReadFull(r.r, frame[:]); err != nil {
		return record{}, err
	}
	rec, length, ok := parseFrame(frame[:], rest)
	if !ok {
		return record{}, fmt.Errorf("%w: not a record", errBad)
	}
	rec.body = make([]byte, length)
	if _, err := io.ReadFull(r.r, rec.body); err != nil {
		return record{}, err
	}
	if checksum(frame[:], rec.body) != binary.LittleEndian.Uint32(frame[:]) {
		return record{}, fmt.Errorf("%w: wrong checksum", errBad)
	}
	if rec.batch != r.batch {
		return record{}, fmt.Errorf("%w: batch %d where %d must follow", errBad, rec.batch, r.batch)
	}
	if rec.end {
		r.batch++
	}
	r.offset += frameSize + int64(length)
	return rec, nil
}

func checksum(frame, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(frame[4:], castagnoli), castagnoli, body)
}

// laterBatch reports whether an intact record of a batch after batch stands in data.
// A batch is written after the one before it was synced, so then batch is damaged, not
// torn.
func laterBatch(data []byte, batch uint64) bool {
	const plausible = 1 << 40 // batches that one file can hold
	for ; len(data) >= frameSize; data = data[1:] {
		rec, length, ok := parseFrame(data, int64(len(data)-frameSize))
		if !ok || rec.batch <= batch || rec.batch-batch > plausible {
			continue
		}
		if checksum(data[:frameSize], data[frameSize:frameSize+length]) == binary.LittleEndian.Uint32(data) {
			return true
		}
	}
	return false
}
