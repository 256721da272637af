package openapi

import (
	"mime"
	"strconv"
	"strings"
)

// accepts reports whether the Accept header allows mediaType (RFC 9110, section
// 12.5.1): the most specific range that matches decides, by its quality. No
// header allows everything. A range that cannot be read matches nothing.
func accepts(header []string, mediaType string) bool {
	joined := strings.Join(header, ",")
	if strings.TrimSpace(joined) == "" {
		return true
	}
	major, _, _ := strings.Cut(mediaType, "/")
	best, quality := 0, 0.0
	for item := range strings.SplitSeq(joined, ",") {
		name, parameters, err := mime.ParseMediaType(item)
		if err != nil {
			continue
		}
		specific := 0
		switch {
		case name == mediaType:
			specific = 3
		case name == major+"/*":
			specific = 2
		case name == "*/*":
			specific = 1
		}
		if q := weight(parameters["q"]); specific > best || specific == best && q > quality {
			best, quality = specific, q
		}
	}
	return best > 0 && quality > 0
}

// weight reads a q parameter; none is 1.
func weight(q string) float64 {
	if q == "" {
		return 1
	}
	f, err := strconv.ParseFloat(q, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return 0
	}
	return f
}
