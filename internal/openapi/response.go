package openapi

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// CheckResponse returns nil when the operation may answer with this status,
// these headers and this body, else what is wrong. The response to a HEAD
// request has no body to check: pass nil and say so.
func (o *Operation) CheckResponse(status int, header http.Header, body []byte, head bool) error {
	want := o.responses[status]
	if want == nil {
		return fmt.Errorf("openapi: %s: status %d is not documented", o.ID, status)
	}
	for i := range want.headers {
		h := &want.headers[i]
		if faults := h.checkAll(header[h.name]); len(faults) > 0 {
			return fmt.Errorf("openapi: %s: %d: %s", o.ID, status, faults[0])
		}
	}
	if err := want.checkBody(header, body, head); err != nil {
		return fmt.Errorf("openapi: %s: %d: %w", o.ID, status, err)
	}
	return nil
}

func (r *response) checkBody(header http.Header, body []byte, head bool) error {
	mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if mediaType != r.mediaType {
		return fmt.Errorf("media type %q, want %q", mediaType, r.mediaType)
	}
	if head || r.mediaType == "" {
		if len(body) > 0 {
			return fmt.Errorf("a body of %d bytes, want none", len(body))
		}
		return nil
	}
	v := Value{Kind: String, Text: string(body)}
	if r.mediaType == jsonType || strings.HasSuffix(r.mediaType, "+json") {
		var err error
		if v, err = ParseJSON(body); err != nil {
			return err
		}
	}
	if faults := r.schema.Check(&v); len(faults) > 0 {
		return fmt.Errorf("%v in %s", faults, body)
	}
	return nil
}
