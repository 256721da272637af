package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
)

const unsignedPayload = "UNSIGNED-PAYLOAD"

// payload returns the last line of the canonical request: the hash of the body that came,
// whatever X-Amz-Content-Sha256 says of it.
func (v *Verifier) payload(r *http.Request, c *claim) (string, error) {
	declared := r.Header.Get(amzContentSHA256)
	if v.options.UnsignedPayload && (declared == unsignedPayload || v.options.S3 && c.presigned && declared == "") {
		return unsignedPayload, nil
	}
	body, err := v.readBody(r)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// readBody reads the body and puts what it read in its place. What a client announces
// reserves little memory before it is sent.
func (v *Verifier) readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r.Body, v.options.MaxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	case n > v.options.MaxBody:
		return nil, ErrBodyTooLarge
	}
	r.Body = readAgain{bytes.NewReader(b.Bytes()), r.Body}
	return b.Bytes(), nil
}

// readAgain gives a body that was read once more. Closing it closes the body of the server.
type readAgain struct {
	io.Reader
	io.Closer
}
