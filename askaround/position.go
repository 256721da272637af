package askaround

import (
	"fmt"
	"strconv"
	"strings"
)

// A position is a stream record's sequence number, padded with zeros to
// positionDigits digits so that positions compare as strings do.
type position string

// positionDigits is the longest sequence number that DynamoDB Streams documents
// (StreamRecord.SequenceNumber: 21 to 40 characters).
const positionDigits = 40

func parsePosition(sequenceNumber string) (position, error) {
	n := len(sequenceNumber)
	if n == 0 || n > positionDigits || strings.Trim(sequenceNumber, "0123456789") != "" {
		return "", fmt.Errorf("sequence number %q is not 1 to %d digits", sequenceNumber, positionDigits)
	}
	return position(strings.Repeat("0", positionDigits-n) + sequenceNumber), nil
}

// A watermark says how far a target has applied one shard: the position of the last
// change applied, "@", and the Unix time of that change. The time rides behind the
// position so that watermark < position compares positions: equal positions leave the
// watermark the longer, hence the greater, of the two.
type watermark string

func newWatermark(p position, at int64) watermark {
	return watermark(string(p) + "@" + strconv.FormatInt(at, 10))
}

// parse returns the parts of w; ok is false for text that newWatermark did not make.
func (w watermark) parse() (p position, at int64, ok bool) {
	digits, seconds, found := strings.Cut(string(w), "@")
	p, err := parsePosition(digits)
	if err != nil || len(digits) != positionDigits || !found {
		return "", 0, false
	}
	at, err = strconv.ParseInt(seconds, 10, 64)
	return p, at, err == nil
}
