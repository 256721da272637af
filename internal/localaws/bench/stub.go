package main

import (
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// stubHandler answers at once with constant bytes: what is left is the SDK's own work
// and the transport's.
func stubHandler() http.Handler {
	one := `{"pk":{"S":"part1"},"sk":{"N":"1"},"geo":{"N":"9223372036854000001"},"text":{"S":"` + filler + `"},"count":{"N":"1"},"kind":{"S":"question"}}`
	page := `{"Items":[` + one + strings.Repeat(","+one, perQuery-1) + `],"Count":10,"ScannedCount":10}`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		body := "{}"
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Query") {
			body = page
		}
		h := w.Header()
		h.Set("Content-Type", "application/x-amz-json-1.0")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(body))), 10))
		_, _ = io.WriteString(w, body)
	})
}
