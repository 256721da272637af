package dynamodb

import (
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"strconv"
)

// setHeaders sets what stands above an answer. All of it lies in two pieces of memory.
func setHeaders(h http.Header, body []byte) {
	var room [idSize + 2*20]byte
	text := appendRequestID(room[:0])
	text = strconv.AppendInt(text, int64(len(body)), 10)
	length := len(text)
	text = strconv.AppendUint(text, uint64(crc32.ChecksumIEEE(body)), 10)
	all := string(text)
	values := &[...]string{"application/x-amz-json-1.0", all[idSize:length], all[length:], all[:idSize]}
	h["Content-Type"] = values[0:1:1]
	h["Content-Length"] = values[1:2:2]
	h["X-Amz-Crc32"] = values[2:3:3]
	h["X-Amzn-Requestid"] = values[3:4:4]
}

// idSize is the length of a request's id.
const idSize = 52

// appendRequestID appends an id that looks like one of DynamoDB's: 52 letters and digits.
func appendRequestID(dst []byte) []byte {
	const digits, each, bits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 12, 5
	for n := 0; n < idSize; {
		v := rand.Uint64()
		for range min(each, idSize-n) {
			dst = append(dst, digits[v%(1<<bits)])
			v >>= bits
			n++
		}
	}
	return dst
}
